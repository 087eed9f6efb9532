import { add } from './kernels/add.js';
import { avgPool3dGrad, avgPoolGrad } from './kernels/avg-pool-grad.js';
import { batchMatMul } from './kernels/batch-mat-mul.js';
import { cast } from './kernels/cast.js';
import { conv2d } from './kernels/conv2d.js';
import { conv2dBackpropFilter } from './kernels/conv2d-backprop-filter.js';
import { conv2dBackpropInput } from './kernels/conv2d-backprop-input.js';
import { conv3dBackpropFilter, conv3dBackpropInput } from './kernels/conv3d-backprop.js';
import { depthwiseBackpropFilter } from './kernels/depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './kernels/depthwise-backprop-input.js';
import { fusedMatMul } from './kernels/fused-mat-mul.js';
import { identity } from './kernels/identity.js';
import { maxPool3dGrad, maxPoolGrad } from './kernels/max-pool-grad.js';
import { maxPool3d } from './kernels/max-pool3d.js';
import { adamUpdateKernel, momentumUpdateKernel } from './kernels/optimizer-updates.js';
import { depthwiseConv2d, fusedConv2d, fusedDepthwiseConv2d } from './kernels/same-padding.js';
import { mean, sum } from './kernels/sum.js';
import { unsortedSegmentSum } from './kernels/unsorted-segment-sum.js';
import type { TrainingKernel } from './training-kernel.js';

/** Every kernel that {@link registerWasmTraining} registers. */
export const trainingKernels: readonly TrainingKernel[] = [
  conv2dBackpropFilter,
  conv2dBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  unsortedSegmentSum,
  conv3dBackpropFilter,
  conv3dBackpropInput,
  batchMatMul,
  fusedMatMul,
  maxPoolGrad,
  maxPool3d,
  maxPool3dGrad,
  avgPoolGrad,
  avgPool3dGrad,
  sum,
  mean,
  add,
  identity,
  cast,
  conv2d,
  fusedConv2d,
  depthwiseConv2d,
  fusedDepthwiseConv2d,
  adamUpdateKernel,
  momentumUpdateKernel,
];
