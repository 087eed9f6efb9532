import { sparsify } from '@secateur/sparse';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Row } from '../row.js';
import { maxRelError } from '../sparse-peers/max-rel-error.js';
import { compare } from './compare.js';
import { buildLayer, type LayerShape } from './layer.js';
import type { Pattern } from './patterns.js';
import { valuesOf } from './values-of.js';

const conv = (size: number, kernel: number, inputs: number, outputs: number, strides = 1): LayerShape => ({
  ...{ kind: 'conv', size, kernel, inputs, outputs, strides },
});
const dense = (batch: number, inputs: number, outputs: number): LayerShape => ({
  kind: 'dense',
  batch,
  inputs,
  outputs,
});

/** Common shapes, and awkward ones: few channels, odd channels, tiny and large images. */
const shapes: readonly LayerShape[] = [
  ...[
    conv(1, 1, 64, 64),
    conv(2, 1, 320, 1280),
    conv(7, 1, 160, 960),
    conv(7, 1, 960, 320),
    conv(14, 1, 96, 576),
  ],
  ...[
    conv(14, 1, 576, 96),
    conv(28, 1, 192, 32),
    conv(28, 1, 31, 33),
    conv(56, 1, 24, 144),
    conv(56, 1, 144, 24),
  ],
  ...[conv(112, 1, 16, 96), conv(112, 1, 3, 8), conv(13, 1, 17, 5), conv(5, 1, 1, 7), conv(64, 1, 64, 1)],
  ...[conv(224, 3, 3, 32, 2), conv(64, 3, 3, 16), conv(32, 3, 1, 8), conv(28, 5, 1, 20), conv(12, 5, 20, 50)],
  ...[
    conv(56, 3, 64, 64),
    conv(28, 3, 128, 128, 2),
    conv(14, 3, 33, 65),
    conv(7, 3, 512, 512),
    conv(8, 3, 16, 3),
  ],
  ...[
    conv(3, 3, 64, 64),
    conv(32, 7, 3, 24, 2),
    conv(20, 2, 9, 9),
    conv(16, 4, 8, 12, 3),
    conv(48, 3, 12, 4),
  ],
  ...[dense(1, 784, 300), dense(1, 300, 100), dense(1, 100, 10), dense(1, 1024, 1000), dense(1, 2048, 2048)],
  ...[dense(1, 17, 13), dense(1, 3, 1), dense(1, 20_000, 8), dense(1, 9, 2000), dense(2, 512, 512)],
  ...[dense(4, 300, 100), dense(7, 129, 65), dense(32, 784, 300), dense(32, 100, 10), dense(128, 784, 128)],
  ...[dense(100, 5, 3), dense(256, 64, 64), dense(1000, 16, 1), dense(33, 1000, 33), dense(16, 2048, 256)],
];

/** Zeros in every share, most of them single. */
const zeros: readonly (readonly [Pattern, number])[] = [
  ...([0, 0.3, 0.6, 0.8, 0.99] as const).map((sparsity) => ['unstructured', sparsity] as const),
  ['8x1', 0.5],
  ['4x1', 0.9],
];

/** The chosen kernels against the model on tfjs-wasm, over shapes and shares of zeros: `ratio` should never be below 0.95. */
export async function gridRows(quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const shape of quick ? shapes.filter((_, index) => index % 10 === 0) : shapes) {
    console.error(`sparse: grid, ${nameOf(shape)}`);
    for (const [pattern, sparsity] of quick ? zeros.slice(0, 2) : zeros) {
      const layer = buildLayer(shape, pattern, sparsity);
      const sparse = await sparsify(layer.model);
      const ours = () => (sparse.predict(layer.input) as Tensor).dispose();
      const tfjs = () => (layer.model.predict(layer.input) as Tensor).dispose();
      const error = maxRelError(
        await valuesOf(sparse.predict(layer.input) as Tensor),
        await valuesOf(layer.model.predict(layer.input) as Tensor),
      );
      const ratios = await compare(ours, { tfjs }, { rounds: quick ? 3 : 15, milliseconds: 1.5 });
      rows.push({
        layer: nameOf(shape),
        pattern,
        sparsity,
        peer: 'tfjs-wasm model',
        ratio: ratios.tfjs,
        maxRelError: error,
      });
      sparse.dispose();
      layer.release();
    }
  }
  return rows;
}

function nameOf(shape: LayerShape): string {
  if (shape.kind === 'dense') return `Dense ${shape.inputs}->${shape.outputs}, batch ${shape.batch}`;
  const { kernel, size, inputs, outputs, strides = 1 } = shape;
  return `${kernel}x${kernel} ${size}x${size}x${inputs}->${outputs}${strides === 1 ? '' : `, stride ${strides}`}`;
}
