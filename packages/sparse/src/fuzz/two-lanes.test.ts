import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startSecondThread } from '../bare/second-thread.js';
import { cheapest } from '../choose.js';
import { sizeOf } from '../graph/shape.js';
import { ruleOf } from '../operations/rules.js';
import { aligned } from '../program/arena.js';
import { placeScans } from '../program/finite-guard.js';
import { lowerProgram } from '../program/lowered-program.js';
import { blockBytes, constantsAt, writeProgram } from '../program/write-program.js';
import { budget } from './budget.fixture.js';
import { floats, inputOf } from './numbers.fixture.js';
import { Random } from './random.fixture.js';
import { type GraphSizes, randomGraph } from './random-graph.fixture.js';
import { expectSameBits, runPoisoned } from './run-poisoned.fixture.js';
import { withGraph } from './show-graph.fixture.js';

const base = 64;

/** Runs a graph on two threads that share every step or a random part of them, again and again. */
async function check(sizes: GraphSizes, one: number): Promise<void> {
  const random = new Random(one);
  const { graph, inputShapes } = randomGraph(sizes, 'usual', random);
  const inputs = inputShapes.map((shape) => ({
    shape,
    values: floats(sizeOf(shape), () => inputOf('usual', random)),
  }));
  const expected = runPoisoned(graph, inputs, cheapest, random);
  const scans = placeScans(graph, (operation, bounds) => ruleOf(operation).bound(operation, bounds));
  if (expected === undefined || scans === undefined) return;

  const lowered = lowerProgram(graph, inputShapes, { choose: cheapest });
  const share = random.pick([1, 1, 0.5]);
  const steps = lowered.steps.map((node) => ({ ...node, cost: random.chance(share) ? 1e9 : 0 }));
  const program = { ...lowered, steps };
  let end = base + aligned(blockBytes(program, 2));
  const place = (bytes: number) => {
    const at = end;
    end += aligned(bytes);
    return at;
  };
  const outputShapes = graph.outputs.map((id) => program.operands.get(id)?.shape ?? []);
  const places = {
    inputs: inputShapes.map((shape) => place(4 * sizeOf(shape))),
    outputs: outputShapes.map((shape) => place(4 * sizeOf(shape))),
  };
  writeProgram(graph, program, { base, lanes: 2, scans, places });
  const pages = Math.ceil(end / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const module = new WebAssembly.Module(
    program.module.build({ shared: true, minimum: pages, maximum: pages }),
  );
  const bytes = new Uint8Array(memory.buffer);
  for (const { offset, data } of program.constants) {
    const at = constantsAt({ base, lanes: 2 }) + offset;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  }
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const second = await startSecondThread(module, memory);
  try {
    for (let time = 0; time < 12; time += 1) {
      const set = (at: number | undefined, values: Float32Array) =>
        new Float32Array(memory.buffer).set(values, (at ?? 0) / 4);
      inputs.forEach(({ values }, index) => {
        set(places.inputs[index], values);
      });
      if (time % 3 === 2) {
        // What isn't finite stops both threads, and neither of them is in the way of the next run.
        const spoilt = random.integer(0, inputs.length - 1);
        set(places.inputs[spoilt], Float32Array.of(Number.NaN));
        expect((exports.run as () => number)()).toBe(scans.size > 0 ? 1 : 0);
        set(places.inputs[spoilt], inputs[spoilt]?.values.subarray(0, 1) ?? new Float32Array());
      }
      const status = (exports.run as () => number)();
      const got = outputShapes.map((shape, index) => ({
        shape,
        values: new Float32Array(memory.buffer, places.outputs[index], sizeOf(shape)).slice(),
      }));
      withGraph(graph, inputShapes, () => {
        expectSameBits(expected, status === 0 ? got : undefined, `run ${time} on two threads`);
      });
      if (time % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 3));
    }
  } finally {
    second.stop();
  }
}

describe('graphs on two threads', () => {
  it('give the bits that they give on one', async () => {
    const sizes: fc.Arbitrary<GraphSizes> = fc.record({
      nodes: fc.integer({ min: 1, max: 10 }),
      batch: fc.integer({ min: 1, max: 3 }),
      side: fc.integer({ min: 1, max: 9 }),
      channels: fc.integer({ min: 1, max: 20 }),
    });
    const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));
    await fc.assert(fc.asyncProperty(sizes, seed, check), budget(12));
  });
});
