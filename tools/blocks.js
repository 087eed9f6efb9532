import { fromMarkdown } from 'mdast-util-from-markdown';
import ts from 'typescript';
import { visit } from 'unist-util-visit';

/**
 * @typedef {object} Block a fenced ts block
 * @property {number} line of its first line of code, from 1
 * @property {string} code
 * @property {boolean} continues it goes on from the block before: ```` ```ts continues ````
 * @property {string | undefined} file it is a file that other blocks of the page import: ```` ```ts file=name.ts ````
 */

/**
 * The fenced ts blocks of a markdown text, in order.
 *
 * @returns {Block[]}
 */
export function blocksInMarkdown(/** @type {string} */ markdown) {
  /** @type {Block[]} */
  const blocks = [];
  visit(fromMarkdown(markdown), 'code', ({ lang, meta, value, position }) => {
    if (lang !== 'ts' && lang !== 'typescript') return;
    const words = (meta ?? '').split(/\s+/);
    blocks.push({
      line: (position?.start.line ?? 0) + 1,
      code: value,
      continues: words.includes('continues'),
      file: words.find((word) => word.startsWith('file='))?.slice('file='.length),
    });
  });
  return blocks;
}

/**
 * The fenced ts blocks in the doc comments of a TypeScript source: all but the comments' text is blanked, so lines
 * keep their numbers.
 */
export function blocksInSource(/** @type {string} */ source) {
  const lines = source.split('\n').map(() => '');
  const tree = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const collect = (/** @type {ts.Node} */ node) => {
    for (const comment of ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)) {
      const first = tree.getLineAndCharacterOfPosition(comment.pos).line;
      const text = source.slice(comment.pos, comment.end).replace(/\*\/$/, '');
      for (const [i, line] of text.split('\n').entries())
        lines[first + i] = line.replace(/^\s*\/?\*{1,2} ?/, '');
    }
    ts.forEachChild(node, collect);
  };
  collect(tree);
  return blocksInMarkdown(lines.join('\n'));
}

/**
 * Joins each block with those that continue it. Each text keeps its code on the lines it has in the page, so that the
 * line of a compiler's or a run's complaint is the page's own.
 *
 * @returns {{ line: number, code: string, file: string | undefined }[]}
 */
export function programsOf(/** @type {readonly Block[]} */ blocks) {
  /** @type {{ line: number, code: string, file: string | undefined }[]} */
  const programs = [];
  for (const { line, code, continues, file } of blocks) {
    const last = programs.at(-1);
    const before = continues && last ? last : { line, code: '', file };
    const padding = '\n'.repeat(Math.max(0, line - before.code.split('\n').length));
    const program = { ...before, code: `${before.code}${padding}${code}` };
    if (before === last) programs[programs.length - 1] = program;
    else programs.push(program);
  }
  return programs;
}
