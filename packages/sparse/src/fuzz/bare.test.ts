import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sectionName } from '../bare/bare-header.js';
import { writeBare } from '../bare/write-bare.js';
import { loadBare } from '../bare.js';
import { cheapest } from '../choose.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import { SparseError } from '../sparse-error.js';
import { budget } from './budget.fixture.js';
import { floats, inputOf, spoil } from './numbers.fixture.js';
import { Random } from './random.fixture.js';
import { type GraphSizes, randomGraph } from './random-graph.fixture.js';
import { expectSameBits, runPoisoned } from './run-poisoned.fixture.js';
import { withGraph } from './show-graph.fixture.js';

const sizes: fc.Arbitrary<GraphSizes> = fc.record({
  nodes: fc.integer({ min: 1, max: 10 }),
  batch: fc.integer({ min: 1, max: 3 }),
  side: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 20 }),
  isSingle: fc.constant(true),
});
const seed = fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));

function make(drawn: GraphSizes, random: Random) {
  const { graph, inputShapes } = randomGraph(drawn, 'usual', random);
  const [shape = []] = inputShapes;
  return { graph, shape, values: floats(sizeOf(shape), () => inputOf('usual', random)) };
}

describe('bare models', () => {
  it.each([1, 2] as const)('give the bits that graphs give, on %i threads', async (threads) => {
    const run = async (drawn: GraphSizes, one: number) => {
      const random = new Random(one);
      const { graph, shape, values } = make(drawn, random);
      if (graph.nodes.length === 0) return;
      const expected = runPoisoned(graph, [{ shape, values }], cheapest, random);
      const bare = await loadBare(writeBare(graph, shape, threads));
      try {
        for (let time = 0; time < 3; time += 1) {
          const isSpoilt = time === 1;
          const input = values.slice();
          if (isSpoilt) spoil(input, random);
          if (expected === undefined || isSpoilt) {
            // Refused or, if no kernel skips zeros, computed.
            try {
              bare.run(input);
            } catch (error) {
              expect(error).toBeInstanceOf(SparseError);
            }
          } else {
            const got = [{ shape: bare.outputShape, values: bare.run(input) }];
            withGraph(graph, [shape], () => expectSameBits(expected, got, `run ${time}`));
            expect(bare.outputShape).toEqual(expected[0]?.shape);
          }
        }
        expect(() => bare.run(new Float32Array(values.length + 1))).toThrow(SparseError);
      } finally {
        bare.dispose();
      }
      expect(() => bare.run(values)).toThrow(SparseError);
    };
    await fc.assert(fc.asyncProperty(sizes, seed, run), budget(threads === 1 ? 150 : 10));
  });
});

/** A file with some of its bytes changed, or its end cut off, or its header replaced by one that lies. */
function damaged(file: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = file.slice();
  if (random.chance(0.2)) return bytes.slice(0, random.integer(0, bytes.length - 1));
  if (random.chance(0.3)) return withHeader(bytes, liar(headerOf(bytes), random));
  for (let left = random.integer(1, 3); left > 0; left -= 1) {
    const at = random.integer(0, bytes.length - 1);
    bytes[at] = random.chance(0.5)
      ? (bytes[at] as number) ^ (1 << random.integer(0, 7))
      : random.integer(0, 255);
  }
  return bytes;
}

interface Header {
  readonly version: number;
  readonly input: { readonly address: number; readonly shape: Shape };
  readonly output: { readonly address: number; readonly shape: Shape };
  readonly threads: number;
  readonly pages: number;
}

function headerOf(file: Uint8Array<ArrayBuffer>): Header {
  const [section = new ArrayBuffer(0)] = WebAssembly.Module.customSections(
    new WebAssembly.Module(file),
    sectionName,
  );
  return JSON.parse(new TextDecoder().decode(section)) as Header;
}

/** The module with another header: a section of that name comes first, so that it is found before the true one. */
function withHeader(file: Uint8Array<ArrayBuffer>, header: unknown): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const name = new TextEncoder().encode(sectionName);
  const content = [name.length, ...name, ...json];
  const section = [0, ...leb(content.length), ...content];
  return Uint8Array.from([...file.slice(0, 8), ...section, ...file.slice(8)]);
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

function liar(header: Header, random: Random): unknown {
  const number = () =>
    random.pick<unknown>([
      0,
      -1,
      1,
      4,
      0.5,
      64,
      65_536,
      65_537,
      2 ** 31,
      2 ** 32,
      1e300,
      Number.NaN,
      null,
      '4',
      [],
      {},
    ]);
  const place = ({ address, shape }: Header['input']): unknown =>
    random.pick<unknown>([
      { address: number(), shape },
      { address, shape: [number()] },
      { address, shape: [65_536, 65_536, 65_536, 65_536] },
      { address, shape: number() },
      { address: address + 1, shape },
      { address, shape: Array.from({ length: 9 }, () => 1) },
      { address: 0, shape },
      { address },
      null,
    ]);
  return random.pick<() => unknown>([
    () => ({ ...header, version: number() }),
    () => ({ ...header, threads: random.pick<unknown>([2, 2, 3, 0, '1', null]) }),
    () => ({ ...header, pages: number() }),
    () => ({ ...header, threads: 2, pages: random.pick([1, 65_536]) }),
    () => ({ ...header, input: place(header.input) }),
    () => ({ ...header, output: place(header.output) }),
    () =>
      random.pick(['', '{', 'null', '[]', '1', '"x"', '{"version":1}', JSON.stringify(header).slice(0, -3)]),
    () => ({ ...header, input: { ...header.input, shape: [...header.input.shape, 2] } }),
  ])();
}

/** Runs damaged files in a thread of its own: they may run for ever there, but nothing else may happen. */
class Quarantine {
  #worker: Worker | undefined;

  async run(file: Uint8Array): Promise<void> {
    this.#worker ??= new Worker(
      `const { parentPort } = require('node:worker_threads');
      parentPort.on('message', (file) => {
        try {
          new WebAssembly.Instance(new WebAssembly.Module(file)).exports.run();
        } catch {}
        parentPort.postMessage('done');
      });`,
      { eval: true },
    );
    const worker = this.#worker;
    const isDone = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(false), 200);
      worker.once('message', () => resolve(true));
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the thread died: ${code}`)));
      worker.postMessage(file);
      worker.once('message', () => clearTimeout(timer));
    });
    worker.removeAllListeners();
    if (!isDone) await this.stop();
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}

describe('damaged bare models', () => {
  it('are refused, or run within their memory', async () => {
    const quarantine = new Quarantine();
    const outcomes = { refused: 0, loaded: 0 };
    const run = async (drawn: GraphSizes, isShared: boolean, one: number) => {
      const random = new Random(one);
      const { graph, shape } = make(drawn, random);
      const file = damaged(writeBare(graph, shape, isShared ? 2 : 1), random);
      const start = performance.now();
      try {
        const bare = await loadBare(file);
        outcomes.loaded += 1;
        expect(bare.inputShape.length).toBeLessThanOrEqual(8);
        bare.dispose();
        if (!isShared) await quarantine.run(file);
      } catch (error) {
        if (!SparseError.isInstance(error)) throw error;
        outcomes.refused += 1;
      }
      expect(performance.now() - start).toBeLessThan(5000);
    };
    const isShared = fc.integer({ min: 0, max: 7 }).map((one) => one === 7);
    await fc.assert(fc.asyncProperty(sizes, isShared, seed, run), budget(300));
    await quarantine.stop();
    expect(outcomes.refused).toBeGreaterThan(80);
    expect(outcomes.loaded).toBeGreaterThan(20);
  });
});
