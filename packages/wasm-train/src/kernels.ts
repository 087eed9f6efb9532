import { batchMatMul } from './kernels/batch-mat-mul.js';
import { conv2dBackpropFilter } from './kernels/conv2d-backprop-filter.js';
import { conv2dBackpropInput } from './kernels/conv2d-backprop-input.js';
import { depthwiseBackpropFilter } from './kernels/depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './kernels/depthwise-backprop-input.js';
import { unsortedSegmentSum } from './kernels/unsorted-segment-sum.js';
import type { TrainingKernel } from './training-kernel.js';

/** Every kernel that {@link registerWasmTraining} registers. */
export const trainingKernels: readonly TrainingKernel[] = [
  conv2dBackpropFilter,
  conv2dBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  unsortedSegmentSum,
  batchMatMul,
];
