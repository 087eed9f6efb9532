import { mul, serialization, type Tensor } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';

/** A custom layer that the package knows nothing of. */
class Halving extends layers.Layer {
  static readonly className = 'Halving';

  override call(inputs: Tensor | Tensor[]): Tensor {
    return mul([inputs].flat()[0] as Tensor, 0.5);
  }
}
serialization.registerClass(Halving);

/** A layer of a class without a channel rule. */
export function halving(config: ConstructorParameters<typeof layers.Layer>[0]): layers.Layer {
  return new Halving(config);
}
