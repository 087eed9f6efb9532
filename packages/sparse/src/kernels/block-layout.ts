import type { ConvolutionProblem } from './convolution-problem.js';

/** Positions at equal distances. */
export interface Axis {
  readonly count: number;
  /** Bytes from the first input of a position to that of the next one. */
  readonly step: number;
}

/** Where the inputs of outputs are, in bytes. */
export interface InputLayout {
  /** Whether windows stay inside the images, and read them where they are. Else they read a copy with zeros around. */
  readonly isInside: boolean;
  /** The rows, and the bytes of a row, of what windows reach. */
  readonly height: number;
  readonly line: number;
  /** The positions of outputs, inner ones first, with as long rows as there can be. In y they follow each other without gaps. */
  readonly axes: readonly Axis[];
  /** Bytes from the first input of an output to that under a row of the matrix of weights. */
  offsetOf(input: number): number;
}

export function inputLayout(problem: ConvolutionProblem): InputLayout {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = problem;
  const { batch, strideY, strideX, dilationY, dilationX, top, left } = problem;
  const height = (outHeight - 1) * strideY + (filterHeight - 1) * dilationY + 1;
  const width = (outWidth - 1) * strideX + (filterWidth - 1) * dilationX + 1;
  const isInside = top <= 0 && left <= 0 && height - top <= inHeight && width - left <= inWidth;
  const pixel = 4 * inChannels;
  const line = pixel * (isInside ? inWidth : width);
  const axes: Axis[] = [];
  for (const { count, step } of [
    { count: outWidth, step: strideX * pixel },
    { count: outHeight, step: strideY * line },
    { count: batch, step: line * (isInside ? inHeight : height) },
  ]) {
    const inner = axes.at(-1);
    if (count === 1) continue;
    if (inner !== undefined && step === inner.count * inner.step) {
      axes[axes.length - 1] = { count: inner.count * count, step: inner.step };
    } else axes.push({ count, step });
  }
  return {
    ...{ isInside, height, line, axes },
    offsetOf(input) {
      const place = Math.floor(input / inChannels);
      return (
        Math.floor(place / filterWidth) * dilationY * line +
        (place % filterWidth) * dilationX * pixel +
        4 * (input % inChannels)
      );
    },
  };
}
