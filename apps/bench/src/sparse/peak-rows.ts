import { sparsify } from '@secateur/sparse';
import { type Local, ModuleBuilder } from '@secateur/wasm-emit';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Row } from '../row.js';
import { compare } from './compare.js';
import { buildLayer, type LayerShape } from './layer.js';
import type { Pattern } from './patterns.js';

const layers: Readonly<Record<string, LayerShape>> = {
  '1x1 14x14x512->512': { kind: 'conv', size: 14, kernel: 1, inputs: 512, outputs: 512 },
  '1x1 7x7x1024->1024': { kind: 'conv', size: 7, kernel: 1, inputs: 1024, outputs: 1024 },
  '1x1 28x28x256->256': { kind: 'conv', size: 28, kernel: 1, inputs: 256, outputs: 256 },
  '3x3 28x28x128->128': { kind: 'conv', size: 28, kernel: 3, inputs: 128, outputs: 128 },
  '3x3 14x14x256->256': { kind: 'conv', size: 14, kernel: 3, inputs: 256, outputs: 256 },
};

/** In one call of the peak's kernel: loops, and sums in a loop, each of the product of two of the factors. */
const peakLoops = 50_000;
const sumCount = 8;
const factorCount = 4;
const peakFlops = peakLoops * sumCount * 2 * 4;

/** The share of the machine's SIMD peak that multiply-adds with weights other than zero reach: `ratio`. */
export async function peakRows(quick: boolean): Promise<Row[]> {
  const peak = peakKernel();
  const rows: Row[] = [];
  for (const [name, shape] of Object.entries(layers)) {
    for (const pattern of ['unstructured', '8x1'] satisfies Pattern[]) {
      for (const sparsity of quick ? [0.9] : [0.8, 0.9]) {
        console.error(`sparse: share of the peak, ${name}, ${pattern}, ${sparsity}`);
        const layer = buildLayer(shape, pattern, sparsity);
        const sparse = await sparsify(layer.model);
        const ours = () => (sparse.predict(layer.input) as Tensor).dispose();
        const ratios = await compare(ours, { peak }, { rounds: quick ? 3 : 31, milliseconds: 3 });
        const share = (ratios.peak * 2 * layer.sparseMacs) / peakFlops;
        rows.push({ layer: name, pattern, sparsity, peer: 'simd-peak', ratio: share });
        sparse.dispose();
        layer.release();
      }
    }
  }
  return rows;
}

/**
 * Sums of products, as many of them and with as few loads as keep all of the machine's units busy: no arrangement of
 * multiplications and additions that was tried is faster.
 */
function peakKernel(): () => void {
  const module = new ModuleBuilder();
  const f = module.exported('peak', { params: ['i32'], results: [] });
  const [count] = f.params as [Local];
  const address = f.local('i32');
  const sums = f.locals('v128', sumCount);
  const factors = f.locals('v128', factorCount);
  const pairs = factors.flatMap((a, index) => factors.slice(index).map((b) => [a, b] as const));
  f.loop((next) => {
    for (const [index, factor] of factors.entries()) {
      f.get(address)
        .memory('v128Load', 16 * index)
        .set(factor);
    }
    for (const [index, sum] of sums.entries()) {
      const [a, b] = pairs[index] as (typeof pairs)[number];
      f.get(sum).get(a).get(b).op('f32x4Mul', 'f32x4Add').set(sum);
    }
    f.get(address).i32Const(16).op('i32Add').i32Const(1008).op('i32And').set(address);
    f.get(count).i32Const(1).op('i32Sub').tee(count).brIf(next);
  });
  for (const [index, sum] of sums.entries()) {
    f.i32Const(0)
      .get(sum)
      .memory('v128Store', 16 * index);
  }
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.build()), { env: { memory } });
  const run = exports.peak as (count: number) => void;
  return () => run(peakLoops);
}
