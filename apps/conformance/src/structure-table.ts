import type { Expected, StructureCase } from './structure-case.js';
import { structureCases } from './structure-cases.js';
import { type PeerName, type PeerResult, peerResults, peerTotals } from './structure-peers.js';

const START = '<!-- tables: npm run -s conformance -- --tables docs/guide/hard-cases.md -->';
const END = '<!-- end of the tables -->';

const peers = Object.keys(peerResults.dense) as PeerName[];

/** The page with its tables made anew. They stand between two comments. */
export function withTables(page: string): string {
  const [before, after] = [page.indexOf(START), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`The page has no "${START}" with "${END}" after it`);
  return `${page.slice(0, before + START.length)}\n\n${tables()}\n\n${page.slice(after)}`;
}

function tables(): string {
  const topics = Object.entries(structureCases).map(
    ([topic, cases]) => `### ${topic}\n\n${casesTable(cases)}`,
  );
  return [`## Totals\n\n${totalsTable()}\n\n${ownTotals()}`, '## Case by case', ...topics].join('\n\n');
}

function totalsTable(): string {
  return table(
    [
      'tool',
      'networks',
      'right and smaller',
      'right, layer kept',
      'silently wrong',
      'crashed, broken, refused, or nothing shrunk',
    ],
    peerTotals.map(({ tool, networks, right, kept, wrong, other, note }) => [
      note === undefined ? tool : `${tool} (${note})`,
      String(networks),
      String(right),
      kept === undefined ? '' : String(kept),
      wrong === undefined ? '' : String(wrong),
      String(other),
    ]),
  );
}

function ownTotals(): string {
  const all = Object.values(structureCases).flat();
  const count = (outcome: Expected['outcome']) =>
    all.filter(({ expected }) => expected.outcome === outcome).length;
  return [
    `Secateur, on the ${all.length} cases below: ${count('smaller')} right and smaller,`,
    `${count('refused')} refused where no smaller network is right,`,
    `${count('kept')} left whole for the same reason, none wrong, none crashed.`,
  ].join(' ');
}

function casesTable(cases: readonly StructureCase[]): string {
  const isQuoted = cases.some((one) => one.peers !== undefined);
  return table(
    ['case', 'channels', 'Secateur', ...(isQuoted ? peers : [])],
    cases.map((one) => [
      one.name,
      `${one.remove.length} of ${one.units} in \`${one.layer}\``,
      ours(one.expected),
      ...(isQuoted
        ? peers.map((peer) => (one.peers === undefined ? '' : theirs(peerResults[one.peers][peer])))
        : []),
    ]),
  );
}

function ours(expected: Expected): string {
  switch (expected.outcome) {
    case 'smaller':
      return 'right';
    case 'refused':
      return `refused: ${expected.because}, at \`${expected.at}\``;
    case 'kept':
      return `kept: ${expected.because}`;
  }
}

function theirs(result: PeerResult): string {
  if (result === 'wrong') return '**wrong**';
  return result === 'not run' ? '' : result;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |').replaceAll('|  |', '| |');
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
