import {
  add,
  dispose,
  engine,
  mean,
  mul,
  scalar,
  slice,
  Tensor,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs-core';
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers';
import { StructureError } from '../structure-error.js';

/** How wrong the predictions of one output are: a scalar, or one value for each example, whose mean is taken. */
export type Loss = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** Examples: a tensor for each input and each output of a model, of which a range is taken. */
interface Examples {
  readonly x: readonly Tensor[];
  readonly y: readonly Tensor[];
  readonly range: { readonly begin: number; readonly size: number };
}

/**
 * The gradient of the loss by each weight, times the weight, for a model in inference mode. Also for weights that are not
 * trainable. Losses of several outputs are added up.
 *
 * @param losses One for each output.
 */
export async function gradientsTimesWeights(
  model: LayersModel,
  { x, y, range }: Examples,
  losses: readonly Loss[],
  variables: readonly LayerVariable[],
): Promise<ReadonlyMap<LayerVariable, Float32Array>> {
  if (variables.length === 0) return new Map();
  const products = tidy(() => {
    const part = (tensor: Tensor) => slice(tensor, range.begin, range.size);
    const inputs = x.map(part);
    const targets = y.map(part);
    const totalLoss = (): Tensor => {
      const outputs = [model.apply(inputs, { training: false }) as Tensor | Tensor[]].flat();
      return outputs
        .map((output, index) => meanOf((losses[index] as Loss)(targets[index] as Tensor, output)))
        .reduce((total, loss) => add(total, loss));
    };
    const weights = variables.map((variable) => variable.read());
    const gradients = gradientsOf(totalLoss, weights);
    return weights.map((weight, index) => {
      const gradient = gradients[index];
      return gradient ? mul(gradient, weight) : zerosLike(weight);
    });
  });
  try {
    const values = (await Promise.all(products.map((product) => product.data()))) as Float32Array[];
    if (!values.every((list) => list.every(Number.isFinite))) {
      throw new StructureError('loss: its gradient is not finite', { option: 'loss' });
    }
    return new Map(variables.map((variable, index) => [variable, values[index] as Float32Array]));
  } finally {
    dispose(products);
  }
}

/** The gradients of a scalar; nothing for weights that it doesn't depend on, which `tf.grads` would refuse. */
function gradientsOf(f: () => Tensor, weights: readonly Tensor[]): readonly (Tensor | null | undefined)[] {
  // TensorFlow.js keeps what a function that throws has computed, so the error waits until it is through.
  const errors: unknown[] = [];
  const guarded = (): Tensor => {
    try {
      return f();
    } catch (error) {
      errors.push(error);
      return scalar(0);
    }
  };
  const { grads } = engine().gradients(guarded, [...weights], undefined, true);
  if (errors.length > 0) throw errors[0];
  return grads;
}

function meanOf(loss: unknown): Tensor {
  if (loss instanceof Tensor) return mean(loss);
  throw new StructureError(`loss must return a tensor, but returned ${String(loss)}`, {
    option: 'loss',
    value: loss,
  });
}
