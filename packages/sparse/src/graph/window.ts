/** Zeros around an image, in rows and columns, or a rule that gives them: those of TensorFlow. */
export type Padding =
  | 'same'
  | 'valid'
  | { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };

/** How a window moves over images. Pairs are [height, width]. */
export interface Window {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: Padding;
}

/** A window on images of one size. */
export interface PlacedWindow {
  readonly outHeight: number;
  readonly outWidth: number;
  /** Rows of zeros above the image; those below follow from the output's height. */
  readonly top: number;
  /** Columns of zeros left of the image; those on the right follow from the output's width. */
  readonly left: number;
}

/** Where a window goes on images of `height` x `width`. An output size of 0 or less means that it doesn't fit. */
export function placeWindow(
  { size, strides, dilations, padding }: Window,
  height: number,
  width: number,
): PlacedWindow {
  const [top, bottom] = padsOf(0, height);
  const [left, right] = padsOf(1, width);
  return {
    outHeight: outSize(0, height + top + bottom),
    outWidth: outSize(1, width + left + right),
    top,
    left,
  };

  function reach(axis: 0 | 1): number {
    return (size[axis] - 1) * dilations[axis] + 1;
  }

  function outSize(axis: 0 | 1, padded: number): number {
    return Math.floor((padded - reach(axis)) / strides[axis]) + 1;
  }

  function padsOf(axis: 0 | 1, length: number): [number, number] {
    if (padding === 'valid') return [0, 0];
    if (padding === 'same') {
      const wanted = (Math.ceil(length / strides[axis]) - 1) * strides[axis] + reach(axis);
      const total = Math.max(0, wanted - length);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    }
    return axis === 0 ? [padding.top, padding.bottom] : [padding.left, padding.right];
  }
}
