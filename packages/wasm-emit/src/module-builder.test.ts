import { describe, expect, it } from 'vitest';
import { FunctionBuilder } from './function-builder.js';
import * as ops from './instructions.js';
import { ModuleBuilder } from './module-builder.js';
import type { ValueType } from './value-type.js';
import { WasmEmitError } from './wasm-emit-error.js';

type Run = (...args: number[]) => number | undefined;

function instantiate(builder: ModuleBuilder, memory = new WebAssembly.Memory({ initial: 1 })) {
  const module = new WebAssembly.Module(builder.build());
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { run: exports as Record<string, Run>, memory };
}

describe('ModuleBuilder', () => {
  it('gives the bytes of the binary format', () => {
    const builder = new ModuleBuilder();
    const add = builder.exported('add', { params: ['i32', 'i32'], results: ['i32'] });
    const [a, b] = add.params;
    if (a && b) add.get(a).get(b).op('i32Add');
    expect([...builder.build()]).toEqual([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      ...[0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f],
      ...[
        0x02, 0x0f, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x01,
      ],
      ...[0x03, 0x02, 0x01, 0x00],
      ...[0x07, 0x07, 0x01, 0x03, 0x61, 0x64, 0x64, 0x00, 0x00],
      ...[0x0a, 0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x0b],
    ]);
  });

  it('shares types between functions, and takes a shared memory', () => {
    const builder = new ModuleBuilder();
    for (const name of ['one', 'two'])
      builder.exported(name, { params: [], results: ['i32'] }).i32Const(name.length);
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 4, shared: true });
    const bytes = builder.build({ shared: true, minimum: 2, maximum: 4 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    expect((exports as Record<string, Run>).one?.()).toBe(3);
    expect(bytes[8 + 3]).toBe(0x60);
    expect(bytes[8 + 2]).toBe(1);
  });

  it('sums an array in a loop, four lanes at a time', () => {
    const builder = new ModuleBuilder();
    const sum = builder.exported('sum', { params: ['i32', 'i32'], results: ['f32'] });
    const [at, end] = sum.params as [(typeof sum.params)[0], (typeof sum.params)[0]];
    const total = sum.local('v128');
    sum.block((done) => {
      sum.get(at).get(end).op('i32GeU').brIf(done);
      sum.loop((next) => {
        sum.get(total).get(at).memory('v128Load').op('f32x4Add').set(total);
        sum.get(at).i32Const(16).op('i32Add').tee(at).get(end).op('i32LtU').brIf(next);
      });
    });
    for (const lane of [0, 1, 2, 3]) sum.get(total).f32x4ExtractLane(lane);
    sum.op('f32Add', 'f32Add', 'f32Add');
    const { run, memory } = instantiate(builder);
    new Float32Array(memory.buffer).set(Array.from({ length: 40 }, (_, i) => i));
    expect(run.sum?.(0, 160)).toBe(780);
    expect(run.sum?.(0, 0)).toBe(0);
  });

  it.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31 - 1, -(2 ** 31), 0x12345678])(
    'keeps the constant %d',
    (value) => {
      const builder = new ModuleBuilder();
      builder.exported('f', { params: [], results: ['i32'] }).i32Const(value);
      expect(instantiate(builder).run.f?.()).toBe(value);
    },
  );

  it.each([0, -0, 1.5, 3.4028234663852886e38, 1.401298464324817e-45, Number.NaN, Number.NEGATIVE_INFINITY])(
    'keeps the constant %d as a float32',
    (value) => {
      const builder = new ModuleBuilder();
      builder.exported('f', { params: [], results: ['f32'] }).f32Const(value);
      expect(instantiate(builder).run.f?.()).toBe(value);
    },
  );

  it('reads and writes lanes, bytes and words at offsets', () => {
    const builder = new ModuleBuilder();
    const f = builder.exported('f', { params: [], results: [] });
    f.i32Const(64)
      .i32Const(0)
      .memory('v128Load32Splat', 4)
      .i32Const(0)
      .memory('i32Load8S', 20)
      .op('i32x4Splat')
      .op('i32x4Add')
      .memory('v128Store');
    f.i32Const(80).i32Const(0).v128Zero().laneMemory('v128Load32Lane', 2, 4).memory('v128Store');
    f.i32Const(96).i32Const(0).memory('i32Load16U', 20).memory('i32Store');
    const { run, memory } = instantiate(builder);
    const words = new Int32Array(memory.buffer);
    words[1] = 1000;
    new Int8Array(memory.buffer)[20] = -3;
    run.f?.();
    expect([...words.subarray(16, 25)]).toEqual([997, 997, 997, 997, 0, 0, 1000, 0, 253]);
  });

  it('shuffles bytes', () => {
    const builder = new ModuleBuilder();
    const f = builder.exported('f', { params: [], results: [] });
    const high = [24, 25, 26, 27, 28, 29, 30, 31];
    f.i32Const(32)
      .i32Const(0)
      .memory('v128Load')
      .i32Const(16)
      .memory('v128Load')
      .i8x16Shuffle([...high, 0, 1, 2, 3, 4, 5, 6, 7]);
    f.memory('v128Store');
    const { run, memory } = instantiate(builder);
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(Array.from({ length: 32 }, (_, i) => i));
    run.f?.();
    expect([...bytes.subarray(32, 48)]).toEqual([...high, 0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([...Object.keys(ops.plain), ...Object.keys(ops.vector)])(
    '%s is an instruction that the engine knows',
    (name) => {
      // With operands of the right types the module is valid; with an unknown opcode it never is.
      const operands: readonly ValueType[] = ['i32', 'i64', 'f32', 'v128'];
      const results: readonly (readonly ValueType[])[] = [[], ['i32'], ['i64'], ['f32'], ['v128']];
      const push: Readonly<Record<ValueType, (f: FunctionBuilder) => unknown>> = {
        i32: (f) => f.i32Const(1),
        i64: (f) => f.i64Const(1),
        f32: (f) => f.f32Const(1),
        v128: (f) => f.v128Zero(),
      };
      const isValid = (given: readonly ValueType[], result: readonly ValueType[]): boolean => {
        const builder = new ModuleBuilder();
        const f = builder.exported('f', { params: [], results: result });
        for (const type of given) push[type](f);
        f.op(name as never);
        return WebAssembly.validate(builder.build());
      };
      const lists: (readonly ValueType[])[] = [
        [],
        ...operands.map((a) => [a]),
        ...operands.flatMap((a) => operands.map((b) => [a, b])),
      ];
      const triples = operands
        .map((a): readonly ValueType[] => [a, a, 'i32'])
        .concat([['v128', 'v128', 'v128']]);
      expect([...lists, ...triples].some((given) => results.some((result) => isValid(given, result)))).toBe(
        true,
      );
    },
  );
});

describe('FunctionBuilder', () => {
  const builder = () => new FunctionBuilder({ params: [], results: [] });

  it.each<[string, () => unknown]>([
    [
      'a branch out of its block',
      () => {
        const f = builder();
        f.block((end) => f.loop(() => f.br(end)));
        let inner = { depth: 0 };
        f.block((end) => {
          inner = end;
        });
        f.br(inner);
      },
    ],
    [
      'a function finished inside a block',
      () => {
        const f = builder();
        f.block(() => f.finish());
      },
    ],
    ['a lane that there is not', () => builder().f32x4ExtractLane(4)],
    ['a shuffle of too few lanes', () => builder().i8x16Shuffle([0])],
    ['a shuffle of lanes that there are not', () => builder().i8x16Shuffle(new Array(16).fill(32))],
    ['a negative offset', () => builder().memory('f32Load', -4)],
    ['an offset that is no integer', () => builder().laneMemory('v128Load32Lane', 0, 0.5)],
  ])('refuses %s', (_, write) => {
    expect(write).toThrow(WasmEmitError);
  });
});
