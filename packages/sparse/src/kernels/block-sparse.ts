import { tilesKernel } from './block-kernel.js';
import type { ConvolutionKernel } from './convolution-kernel.js';

/** Blocks of eight output channels of one input: two vectors of weights times one broadcast activation. */
export const block8: ConvolutionKernel = tilesKernel('8x1', 2, [3.9, 1.45, 0.174, 0.113, 0.002, 0.004]);

/** Blocks of four output channels of one input. */
export const block4: ConvolutionKernel = tilesKernel('4x1', 1, [4.3, 1.25, 0.137, 0.139, 0.002, 0.004]);
