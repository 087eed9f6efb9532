import { isGenuine } from './genuine.js';
import type { LayerCall, LayerCalls } from './layer-calls.js';
import type { LayerLike } from './layers-model-like.js';
import { innerLayer, unwrap } from './unwrap.js';

/** Whether a layer makes a mask of an input that has none. */
function makesMask(layer: LayerLike): boolean {
  const className = layer.getClassName();
  return className === 'Masking' || (className === 'Embedding' && layer.supportsMasking);
}

/** Layers of tfjs that do nothing with a mask, other than to pass it on. */
const maskBlind: ReadonlySet<string> = new Set([
  ...['Masking', 'Embedding', 'Permute', 'RepeatVector', 'Flatten', 'Reshape', 'UpSampling2D'],
  ...['Cropping2D', 'ZeroPadding2D', 'Add', 'Multiply', 'Maximum', 'Minimum', 'Average', 'Concatenate'],
  ...['Dot', 'LayerNormalization', 'BatchNormalization', 'Dense', 'Activation', 'ReLU', 'LeakyReLU'],
  ...['PReLU', 'ELU', 'ThresholdedReLU', 'Dropout', 'SpatialDropout1D', 'GaussianNoise'],
  ...['GaussianDropout', 'AlphaDropout', 'Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose'],
  ...['Conv3DTranspose', 'DepthwiseConv2D', 'SeparableConv2D', 'MaxPooling1D', 'MaxPooling2D'],
  ...['MaxPooling3D', 'AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D', 'GlobalMaxPooling1D'],
  ...['GlobalMaxPooling2D', 'GlobalAveragePooling1D', 'GlobalAveragePooling2D'],
]);

/**
 * Whether the masks of a model go other ways than from layer to layer. tfjs hands the last mask it came across to all
 * layers that follow in its order, also to those whose own input has none, and into nested models.
 */
export function masksLeak({ calls, isNested }: LayerCalls): boolean {
  if (!calls.some(({ layer }) => makesMask(layer))) return false;
  if (isNested) return true;
  const masked = new Set<number>();
  for (const call of calls) {
    const { layer, inputs, outputs } = call;
    const isMasked = inputs.some((id) => masked.has(id));
    if (!isMasked && mayReadMask(layer)) return true;
    if (passesMask(call, isMasked)) for (const id of outputs) masked.add(id);
  }
  return false;
}

/** Whether the outputs of a call have a mask. */
export function passesMask({ layer }: LayerCall, isMasked: boolean): boolean {
  return layer.supportsMasking && (isMasked || makesMask(layer));
}

/** Whether a layer's result may depend on a mask. */
export function mayReadMask(layer: LayerLike): boolean {
  const inner = unwrap(layer);
  if (!isGenuine(layer) || !isGenuine(inner)) return true;
  const repeated = inner.getClassName() === 'TimeDistributed' ? innerLayer(inner) : undefined;
  return repeated === undefined ? !maskBlind.has(inner.getClassName()) : mayReadMask(repeated);
}
