import { sparsify } from '@secateur/sparse';
import { ModuleBuilder } from '@secateur/wasm-emit';
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

/** Additions and multiplications of vectors of four float32 in one call of the peak's kernel. */
const peakFlops = 20_000 * 12 * 4 * 8;

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

/** Products and sums in registers, in twelve chains that don't wait for each other: as fast as it goes without memory. */
function peakKernel(): () => void {
  const module = new ModuleBuilder();
  const f = module.exported('peak', { params: ['i32'], results: [] });
  const chains = f.locals('v128', 12);
  const factor = f.local('v128');
  const [count] = f.params;
  if (count === undefined) throw new Error('a parameter is missing');
  f.f32Const(0.5).op('f32x4Splat').set(factor);
  f.loop((next) => {
    for (let unrolled = 0; unrolled < 4; unrolled += 1) {
      chains.forEach((chain, index) => {
        const other = chains[(index + 1) % chains.length] as typeof chain;
        f.get(chain).get(factor).get(other).op('f32x4Mul', 'f32x4Add').set(chain);
      });
    }
    f.get(count).i32Const(1).op('i32Sub').tee(count).brIf(next);
  });
  chains.forEach((chain, index) => {
    f.i32Const(0)
      .get(chain)
      .memory('v128Store', 16 * index);
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.build()), { env: { memory } });
  const run = exports.peak as (count: number) => void;
  return () => run(20_000);
}
