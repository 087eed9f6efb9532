import type { GlobalPool } from '../graph/operation.js';
import { channelsOf, sizeOf } from '../graph/shape.js';
import { SparseError } from '../sparse-error.js';
import type { OperationRule } from './operation-rule.js';
import { lowerPool } from './pool.js';

/** Memory has no room for more floats, so no sum is of more. */
const most = 2 ** 30;

/** A pooling with a window as large as the image. */
export const globalPool: OperationRule<GlobalPool> = {
  outputShape({ keepDims }, [shape = []]) {
    const [batch = 0, ...rest] = shape;
    const positions = sizeOf(rest.slice(0, -1));
    if (shape.length < 2 || positions === 0) {
      throw new SparseError(`a global pooling got an input of shape [${shape}]`, {
        option: 'input',
        value: shape,
      });
    }
    const kept = keepDims ? rest.slice(0, -1).map(() => 1) : [];
    return [batch, ...kept, channelsOf(shape)];
  },
  bound: ({ mode }, [bound = 0]) => (mode === 'max' ? bound : most * bound),
  lower({ mode }, { inputs: [x], output, lowering }) {
    if (x === undefined) return;
    const { address, shape } = x;
    const [batch = 0] = shape;
    const channels = channelsOf(shape);
    const positions = sizeOf(shape.slice(1, -1));
    const width = rowOf(positions);
    const size = [positions / width, width] as const;
    const window = { size, strides: [1, 1], dilations: [1, 1], padding: 'valid' } as const;
    const to = { address: output.address, shape: [batch, 1, 1, channels] };
    lowerPool(mode, { address, shape: [batch, ...size, channels] }, to, window, lowering);
  },
};

/** Cuts positions into rows of one length, about as long as there are rows: sums of rows are added up. */
function rowOf(positions: number): number {
  let width = Math.ceil(Math.sqrt(positions));
  while (positions % width > 0) width += 1;
  return width;
}
