/**
 * Puts the recorded curve of `npm run bench -- mnist-structured` into the guide, as tables and as a picture:
 * `npm run docs:curve`. With `--check` nothing is written, and it fails where the guide shows something else.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dot, line, plot, ruleY, selectLast, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { root } from './workspace.js';

/**
 * @typedef {object} Row
 * @property {string} net
 * @property {string} widths
 * @property {number} keptMacs a fraction
 * @property {number} macs
 * @property {number} errorPercent the mean over seeds
 * @property {number} denseErrorPercent
 * @property {number} spread
 */

const guide = join(root, 'docs/guide/structured-pruning.md');
const picture = join(root, 'docs/guide/mnist-structured.svg');
const [start, end] = ['<!-- npm run docs:curve -->', '<!-- end of the curve -->'];

/** @type {Record<string, string>} */
const titles = {
  'lenet-300-100': 'LeNet-300-100',
  'lenet-300-100-inputs': 'LeNet-300-100, input features too',
  'lenet-5': 'LeNet-5',
};

/** @type {{ rows: Row[] }} */
const { rows } = JSON.parse(readFileSync(join(root, 'apps/bench/records/mnist-structured.json'), 'utf8'));

const titleOf = (/** @type {Row} */ { net }) => titles[net] ?? net;
const signed = (/** @type {number} */ points) => `${points < 0 ? '-' : '+'}${Math.abs(points).toFixed(2)}`;

const cells = (/** @type {Row} */ row) => [
  titleOf(row),
  row.widths,
  Math.round(row.macs).toLocaleString('en'),
  `${(100 * row.keptMacs).toFixed(1)} %`,
  `${row.errorPercent.toFixed(2)} %`,
  signed(row.errorPercent - row.denseErrorPercent),
  row.spread.toFixed(2),
];

const head = ['network', 'widths', 'MACs', 'of dense', 'test error', 'to dense', 'spread'];
const table = [head, head.map((_, column) => (column < 2 ? '---' : '---:')), ...rows.map(cells)]
  .map((row) => `| ${row.join(' | ')} |`)
  .join('\n');

const image = '![Test error over the multiply-adds that are kept](./mnist-structured.svg)';

function drawing() {
  const { document } = parseHTML('<html></html>');
  const place = { x: (/** @type {Row} */ row) => 100 * row.keptMacs, y: 'errorPercent' };
  const svg = plot({
    document,
    width: 640,
    height: 360,
    marginRight: 30,
    grid: true,
    style: { background: 'white', color: 'black' },
    x: {
      type: 'log',
      reverse: true,
      ticks: [100, 50, 25, 10, 5],
      tickFormat: 'd',
      label: 'multiply-adds, % of dense',
    },
    y: { zero: true, nice: true, label: 'test error, %' },
    marks: [
      ruleY([0]),
      line(rows, { ...place, stroke: titleOf }),
      dot(rows, { ...place, fill: titleOf }),
      text(
        rows,
        selectLast({ ...place, z: titleOf, text: titleOf, fill: titleOf, textAnchor: 'end', dy: -12 }),
      ),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const title = document.createElement('title');
  title.textContent = 'Test error over the multiply-adds that are kept';
  svg.prepend(title);
  return `${svg.outerHTML}\n`;
}

const page = readFileSync(guide, 'utf8');
const [from, to] = [page.indexOf(start), page.indexOf(end)];
if (from < 0 || to < from) throw new Error(`${guide} has no "${start}" with "${end}" after it`);
const wanted = new Map([
  [guide, `${page.slice(0, from + start.length)}\n\n${image}\n\n${table}\n\n${page.slice(to)}`],
  [picture, drawing()],
]);
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
for (const [file, content] of wanted) {
  if (!values.check) writeFileSync(file, content);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== content) {
    process.stdout.write(`${file.slice(root.length + 1)} shows another curve: npm run docs:curve\n`);
    process.exitCode = 1;
  }
}
