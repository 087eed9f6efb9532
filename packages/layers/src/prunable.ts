import type { WeightKind } from '@secateur/masks';
import { PruningError } from './errors.js';
import { type Container, isContainer, type Layer, type LayerVariable } from './tfjs.js';

/** A weight of a layer that can be pruned. */
export interface PrunableWeight {
  /** The variable that holds it. */
  readonly variable: LayerVariable;
  /** The layout of the weight: it tells the strategies which axis is which. */
  readonly kind: WeightKind;
  /** The bias of the same output units: strategies that prune whole units mask it too. */
  readonly bias?: LayerVariable;
}

/** The prunable weights of a built layer, in a fixed order. */
export type PrunableRule = (layer: Layer) => readonly PrunableWeight[];

/** A custom layer that says itself what can be pruned. Plain variables have the kind `other`. */
export interface DeclaresPrunableWeights {
  /** The weights that can be pruned, once the layer is built. */
  getPrunableWeights(): readonly (LayerVariable | PrunableWeight)[];
}

/** The last part of a variable's name: `kernel` of `dense_1/kernel`. */
function leafName(variable: LayerVariable): string {
  return variable.originalName.slice(variable.originalName.lastIndexOf('/') + 1);
}

/**
 * The layer's variables in an order that a copy of the layer has too: that of their creation, since `layer.weights`
 * changes its order with `trainable`; layer by layer when the layer is a model or holds one.
 */
export function variablesOf(layer: Layer): LayerVariable[] {
  const container = containerIn(layer);
  if (container !== undefined) return container.layers.flatMap(variablesOf);
  return [...layer.weights].sort((a, b) => a.id - b.id);
}

/** The model that a layer is, or that TimeDistributed holds. */
function containerIn(layer: Layer): Container | undefined {
  if (isContainer(layer)) return layer;
  const inner = 'layer' in layer ? (layer.layer as Layer) : undefined;
  return inner !== undefined && isContainer(inner) ? inner : undefined;
}

/** Weights by their name, each with the bias beside it. */
function units(kinds: Readonly<Record<string, WeightKind>>): PrunableRule {
  return (layer) => {
    const variables = variablesOf(layer);
    return variables.flatMap((variable) => {
      const leaf = leafName(variable);
      const kind = Object.hasOwn(kinds, leaf) ? kinds[leaf] : undefined;
      if (kind === undefined) return [];
      const biasName = `${variable.originalName.slice(0, -leaf.length)}bias`;
      const bias = variables.find(({ originalName }) => originalName === biasName);
      return [{ variable, kind, ...(bias === undefined ? {} : { bias }) }];
    });
  };
}

/** The kernels of every cell inside: LSTM, stacked cells and both directions of Bidirectional alike. */
const recurrent: PrunableRule = (layer) =>
  variablesOf(layer)
    .filter((variable) => ['kernel', 'recurrent_kernel'].includes(leafName(variable)))
    .map((variable) => ({ variable, kind: 'recurrent' }));

const timeDistributed: PrunableRule = (layer) => prunableWeights((layer as Layer & { layer: Layer }).layer);

const builtIn: ReadonlyMap<string, PrunableRule> = new Map([
  ['Dense', units({ kernel: 'dense' })],
  ['Conv1D', units({ kernel: 'conv' })],
  ['Conv2D', units({ kernel: 'conv' })],
  ['Conv3D', units({ kernel: 'conv' })],
  ['Conv2DTranspose', units({ kernel: 'conv-transpose' })],
  ['Conv3DTranspose', units({ kernel: 'conv-transpose' })],
  ['SeparableConv2D', units({ pointwise_kernel: 'conv' })],
  ['Embedding', units({ embeddings: 'embedding' })],
  ['SimpleRNN', recurrent],
  ['LSTM', recurrent],
  ['GRU', recurrent],
  ['RNN', recurrent],
  ['ConvLSTM2D', recurrent],
  ['Bidirectional', recurrent],
  ['TimeDistributed', timeDistributed],
]);

const registered = new Map<string, PrunableRule>();

/**
 * Registers what can be pruned in a custom layer class.
 *
 * @param className The class's static `className`.
 * @throws PruningError when the class has a rule already.
 */
export function registerPrunable(className: string, rule: PrunableRule): void {
  if (builtIn.has(className) || (registered.has(className) && registered.get(className) !== rule)) {
    throw new PruningError(
      `className: the layer class "${className}" has a rule already`,
      'className',
      className,
    );
  }
  registered.set(className, rule);
}

function declared(layer: Layer): readonly PrunableWeight[] | undefined {
  if (!('getPrunableWeights' in layer)) return undefined;
  return (layer as Layer & DeclaresPrunableWeights)
    .getPrunableWeights()
    .map((weight) => ('variable' in weight ? weight : { variable: weight, kind: 'other' }));
}

/**
 * The weights of a built layer that are pruned unless the caller chooses others: the kernels of dense, convolutional,
 * transposed, separable (pointwise), recurrent and ConvLSTM2D layers, embeddings, what Bidirectional and
 * TimeDistributed hold, and what custom layers declare. Empty for all other layers.
 */
export function prunableWeights(layer: Layer): readonly PrunableWeight[] {
  if (isContainer(layer)) return layer.layers.flatMap(prunableWeights);
  const className = layer.getClassName();
  const rule = builtIn.get(className) ?? registered.get(className);
  return declared(layer) ?? rule?.(layer) ?? [];
}

/** Weights that are pruned on request only, and yet have units and a bias. */
const onRequest: PrunableRule = units({ depthwise_kernel: 'depthwise' });

/**
 * The weights of a built layer with the given names.
 *
 * @throws PruningError when the layer has no weight of that name.
 */
export function weightsNamed(layer: Layer, names: readonly string[]): readonly PrunableWeight[] {
  const known = new Map(
    [...prunableWeights(layer), ...onRequest(layer)].map((weight) => [weight.variable, weight]),
  );
  const variables = variablesOf(layer);
  return [...new Set(names)].flatMap((name) => {
    const found = variables.filter((variable) => leafName(variable) === name);
    if (found.length === 0) {
      const has = variables.map(leafName).join(', ') || 'none';
      throw new PruningError(
        `weights: layer "${layer.name}" has no weight "${name}"; it has: ${has}`,
        'weights',
        name,
      );
    }
    return found.map((variable) => known.get(variable) ?? { variable, kind: 'other' });
  });
}

/** Whether a layer has weights to prune. Of a layer that is not built yet only the class can tell. */
export function canPrune(layer: Layer, names?: readonly string[]): boolean {
  if (layer.built)
    return (names === undefined ? prunableWeights(layer) : weightsNamed(layer, names)).length > 0;
  const className = layer.getClassName();
  return (
    names !== undefined ||
    builtIn.has(className) ||
    registered.has(className) ||
    'getPrunableWeights' in layer
  );
}
