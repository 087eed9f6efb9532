import type { TensorInfo } from '@tensorflow/tfjs-core';
import { rightOperand } from '../right-operand.js';
import { sizeOf } from '../shape.js';
import type { Steps } from '../steps.js';
import type { TrainingKernel } from '../training-kernel.js';

/**
 * `_FusedMatMul`: activation(op(a) x op(b) + bias), a and b of rank 3.
 *
 * The backend's own is right and fast for two plain matrices, and is left to do them. For a transposed operand or a
 * batch it adds the bias and applies the activation once per 48 products instead of once, and takes the wrong bias in
 * every row but the first.
 */
export const fusedMatMul: TrainingKernel = {
  kernelName: '_FusedMatMul',
  compute: ({ inputs, attrs, steps }) => {
    const { a, b, bias } = inputs as { a: TensorInfo; b: TensorInfo; bias?: TensorInfo | null };
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const plain =
      !transposeA && !transposeB && sizeOf([...a.shape.slice(0, -2), ...b.shape.slice(0, -2)]) === 1;
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
    if (plain) {
      const operand = rightOperand(steps, b);
      return operand === b ? undefined : steps.run('_FusedMatMul', { ...inputs, b: operand }, attrs);
    }
    const product = steps.run('BatchMatMul', { a, b }, { transposeA, transposeB });
    const biased = bias == null ? product : steps.run('Add', { a: product, b: bias });
    const { preluActivationWeights: alpha } = inputs as { preluActivationWeights?: TensorInfo | null };
    return activate(
      steps,
      biased,
      attrs.activation as string,
      alpha,
      attrs.leakyreluAlpha as number | undefined,
    );
  },
};

/** The kernels behind the names of fused activations. */
const activations: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

function activate(
  steps: Steps,
  x: TensorInfo,
  activation: string,
  preluAlpha: TensorInfo | null | undefined,
  leakyReluAlpha: number | undefined,
): TensorInfo | undefined {
  if (activation === 'linear') return x;
  if (activation === 'leakyrelu') return steps.run('LeakyRelu', { x }, { alpha: leakyReluAlpha ?? 0 });
  if (activation === 'prelu') {
    return preluAlpha == null ? undefined : steps.run('Prelu', { x, alpha: preluAlpha });
  }
  const kernelName = activations[activation];
  return kernelName === undefined ? undefined : steps.run(kernelName, { x });
}
