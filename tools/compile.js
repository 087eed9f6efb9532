import { join } from 'node:path';
import ts from 'typescript';
import { root } from './workspace.js';

/** @typedef {{ file: string, line: number, text: string }} Complaint */

/** What a user's own project would say: strict, and no more than that. */
const userOptions = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  moduleDetection: ts.ModuleDetectionKind.Force,
  verbatimModuleSyntax: true,
};

/**
 * Type-checks files in one program.
 *
 * @param {readonly string[]} files
 * @param {{ resolution: 'nodenext' | 'bundler', types: string[], folder?: string, skipLibCheck?: boolean }} options
 * @returns {Complaint[]}
 */
export function typeErrors(files, { resolution, types, folder = root, skipLibCheck = true }) {
  const nodeNext = resolution === 'nodenext';
  const options = {
    ...userOptions,
    types,
    typeRoots: [join(folder, 'node_modules/@types')],
    skipLibCheck,
    module: nodeNext ? ts.ModuleKind.NodeNext : ts.ModuleKind.ESNext,
    moduleResolution: nodeNext ? ts.ModuleResolutionKind.NodeNext : ts.ModuleResolutionKind.Bundler,
  };
  const program = ts.createProgram(files, options);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => ({
    file: file?.fileName ?? '',
    line: file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0,
    text: ts.flattenDiagnosticMessageText(messageText, '\n'),
  }));
}

/** The ES module that Node runs; a stack's lines are the source's, with --enable-source-maps. */
export function transpile(/** @type {string} */ code, /** @type {string} */ fileName) {
  return ts.transpileModule(code, {
    fileName,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
      inlineSources: true,
    },
  }).outputText;
}
