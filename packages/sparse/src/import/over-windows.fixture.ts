import type { Window } from '../graph/window.js';
import { count, need, type Values } from './values.fixture.js';

/** A batch of images. */
export interface ImageBatch {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

/** A tensor as a batch of images. */
export function imageOf({ shape, values }: Values): ImageBatch {
  const [batch, height, width, channels] = shape;
  if (shape.length !== 4) throw new RangeError(`images are [batch, height, width, channels], got [${shape}]`);
  return {
    batch: need(batch, 'batch'),
    height: need(height, 'height'),
    width: need(width, 'width'),
    channels: need(channels, 'channels'),
    values,
  };
}

/** An element of a window that lies on the image: where in the window, and which position of the batch of images. */
export interface Tap {
  readonly row: number;
  readonly column: number;
  readonly position: number;
}

/** Computes each output from the elements that its window sees. */
export function overWindows(
  { strides, dilations, padding }: Window,
  size: readonly [number, number],
  { batch, height, width }: ImageBatch,
  outChannels: number,
  compute: (taps: readonly Tap[], channel: number) => number,
): Values {
  const vertical = place(height, size[0], strides[0], dilations[0], explicit('top', 'bottom'));
  const horizontal = place(width, size[1], strides[1], dilations[1], explicit('left', 'right'));
  const shape = [batch, vertical.out, horizontal.out, outChannels];
  const values = new Float64Array(count(shape));
  let to = 0;
  for (let image = 0; image < batch; image += 1) {
    for (let y = 0; y < vertical.out; y += 1) {
      for (let x = 0; x < horizontal.out; x += 1) {
        const taps: Tap[] = [];
        for (let row = 0; row < size[0]; row += 1) {
          const inY = y * strides[0] + row * dilations[0] - vertical.before;
          for (let column = 0; column < size[1]; column += 1) {
            const inX = x * strides[1] + column * dilations[1] - horizontal.before;
            if (inY < 0 || inY >= height || inX < 0 || inX >= width) continue;
            taps.push({ row, column, position: (image * height + inY) * width + inX });
          }
        }
        for (let channel = 0; channel < outChannels; channel += 1, to += 1)
          values[to] = compute(taps, channel);
      }
    }
  }
  return { shape, values };

  function explicit(before: 'top' | 'left', after: 'bottom' | 'right'): 'same' | [number, number] {
    if (padding === 'same') return 'same';
    return padding === 'valid' ? [0, 0] : [padding[before], padding[after]];
  }
}

function place(
  length: number,
  size: number,
  stride: number,
  dilation: number,
  padding: 'same' | [number, number],
) {
  const reach = (size - 1) * dilation + 1;
  if (padding !== 'same') {
    const out = Math.floor((length + padding[0] + padding[1] - reach) / stride) + 1;
    return { out: Math.max(0, out), before: padding[0] };
  }
  const out = Math.ceil(length / stride);
  return { out, before: Math.floor(Math.max(0, (out - 1) * stride + reach - length) / 2) };
}
