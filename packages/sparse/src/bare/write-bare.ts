import { cheapest, denseKernel } from '../choose.js';
import type { Graph } from '../graph/graph.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import { ruleOf } from '../operations/rules.js';
import { aligned } from '../program/arena.js';
import { placeScans } from '../program/finite-guard.js';
import { lowerProgram } from '../program/lowered-program.js';
import { blockBytes, constantsAt, writeProgram } from '../program/write-program.js';
import { type BareHeader, sectionName, writeHeader } from './bare-header.js';

/** The first byte of a program: nothing is at 0. */
const base = 64;
const pageBytes = 65_536;

/** Writes a graph of one input and one output as a WebAssembly module that needs nothing else. */
export function writeBare(graph: Graph, inputShape: Shape, threads: 1 | 2): Uint8Array<ArrayBuffer> {
  const scans = placeScans(graph, (operation, bounds) => ruleOf(operation).bound(operation, bounds));
  // Where a scan can't rule out that a value overflows, no kernel may skip zeros.
  const program = lowerProgram(graph, [inputShape], { choose: scans === undefined ? denseKernel : cheapest });
  const [output] = graph.outputs;
  const outputShape = (output === undefined ? undefined : program.operands.get(output)?.shape) ?? [];
  const inputAt = base + aligned(blockBytes(program, threads));
  const outputAt = inputAt + aligned(4 * sizeOf(inputShape));
  const pages = Math.ceil((outputAt + aligned(4 * sizeOf(outputShape))) / pageBytes);
  writeProgram(graph, program, {
    base,
    lanes: threads,
    scans: scans ?? new Map(),
    places: { inputs: [inputAt], outputs: [outputAt] },
  });
  const { module } = program;
  for (const { offset, data } of program.constants) {
    module.data(
      constantsAt({ base, lanes: threads }) + offset,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
  const header: BareHeader = {
    version: 1,
    input: { address: inputAt, shape: inputShape },
    output: { address: outputAt, shape: outputShape },
    threads,
    pages,
  };
  module.custom(sectionName, writeHeader(header));
  return threads === 1
    ? module.build({ from: 'module', minimum: pages })
    : module.build({ shared: true, minimum: pages, maximum: pages });
}
