import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  type LayersModel,
  layers as l,
  model,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { asFunctional, withOpenSizes } from './model-config.fixture.js';
import { blockSteps } from './random-blocks.fixture.js';
import { convolutionSteps } from './random-convolutions.fixture.js';
import { dotSteps } from './random-dots.fixture.js';
import { type GraphContext, RandomGraph, sameShape } from './random-graph.fixture.js';
import { addInput, type InputRecipe, inputData, inputRecipe } from './random-inputs.fixture.js';
import { layerSteps } from './random-layers.fixture.js';
import { poolingSteps } from './random-pooling.fixture.js';
import { recurrentSteps } from './random-recurrent.fixture.js';
import { shapeSteps } from './random-shapes.fixture.js';
import { type Step, type StepKind, stepKind, trainable } from './random-step.fixture.js';
import { timeSteps } from './random-time.fixture.js';
import { fillWeights } from './random-weights.fixture.js';

/** A random model as data. Every recipe can be built: a step that doesn't suit its tensor adds nothing. */
export interface Recipe {
  /** Of the weights and the data. */
  readonly seed: number;
  /** The time steps of every sequence. */
  readonly time: number;
  readonly form: ModelForm;
  /** Whether the weightless InputLayer is a layer of a Sequential model, or its first layer has the shape. */
  readonly hasInputLayer: boolean;
  readonly inputs: readonly InputRecipe[];
  readonly steps: readonly Step[];
  /** Whether the sizes of the inputs are left open, but for their channels, where the layers don't need to know them. */
  readonly isOpen: boolean;
  /** Which tensors become outputs: the newest, all that nothing goes on from, these joined, or the newest and the middle one. */
  readonly ends: 'last' | 'each' | 'joined' | 'middle';
  /** The layer before each output. */
  readonly head: 'dense' | 'flat' | 'none';
}

/** `functional` is a model of the class Functional, as loaded from Keras. */
type ModelForm = 'model' | 'functional' | 'sequential';

const form = fc.constantFrom<ModelForm>('model', 'model', 'functional', 'sequential');

const nested: StepKind = stepKind({
  ranks: [2, 3, 4],
  options: {
    form,
    hasInputLayer: fc.boolean(),
    steps: fc.constant<readonly Step[]>([]),
    calls: fc.integer({ min: 1, max: 2 }),
    with: fc.nat(3),
    ends: fc.constantFrom('last', 'each', 'middle'),
    trainable,
  },
  add: (graph, x, { form, hasInputLayer, steps, calls, with: back, ends, trainable }) => {
    const inner = innerModel(graph, x, { form, hasInputLayer, steps, ends });
    if (!trainable) inner.trainable = false;
    const call = (tensor: SymbolicTensor) =>
      graph.call(inner, tensor).map((output) => graph.setFormat(output, 'channelsLast'));
    if (calls === 1 || graph.isLinear) return call(x);
    const isLike = (tensor: SymbolicTensor) => tensor !== x && sameShape(tensor, x);
    const other = graph.pick(back, isLike) ?? x;
    const [first, second] = other.id < x.id ? [other, x] : [x, other];
    const outputs = call(first);
    const again = call(outputs.find(isLike) ?? second);
    return [graph.add(l.concatenate, {}, outputs[0] as SymbolicTensor, again[0] as SymbolicTensor)];
  },
});

/** All kinds of steps. */
const stepKinds: Readonly<Record<string, StepKind>> = {
  ...convolutionSteps,
  ...poolingSteps,
  ...layerSteps,
  ...shapeSteps,
  ...recurrentSteps,
  ...timeSteps,
  ...dotSteps,
  ...blockSteps,
  nested,
};

/** What recipes may hold. */
export interface RecipeOptions {
  /** Kinds of steps to leave out. */
  readonly without?: readonly string[];
}

/** Random recipes. */
export function recipe({ without = [] }: RecipeOptions = {}): fc.Arbitrary<Recipe> {
  return fc.record({
    seed: fc.integer({ min: 1, max: 99 }),
    time: fc.integer({ min: 2, max: 4 }),
    form,
    hasInputLayer: fc.boolean(),
    inputs: fc.oneof(
      { weight: 3, arbitrary: fc.tuple(inputRecipe) },
      { weight: 1, arbitrary: fc.tuple(inputRecipe, inputRecipe) },
    ),
    steps: fc.array(step(2, without), { minLength: 1, maxLength: 12 }),
    isOpen: fc.constantFrom(false, false, false, true),
    ends: fc.constantFrom('last', 'each', 'joined', 'middle'),
    head: fc.constantFrom('dense', 'dense', 'flat', 'none'),
  });
}

function step(depth: number, without: readonly string[]): fc.Arbitrary<Step> {
  const kinds = Object.entries(stepKinds).filter(([kind]) => kind !== 'nested' && !without.includes(kind));
  const on = fc.constantFrom(0, 0, 0, 0, 1, 2, 3);
  const single = kinds.map(([kind, { options }]) => fc.record({ kind: fc.constant(kind), on, ...options }));
  if (depth === 0) return fc.oneof(...single);
  const steps = fc.array(step(depth - 1, without), { minLength: 1, maxLength: 4 });
  const inner = fc.record({ kind: fc.constant('nested'), on, ...nested.options, steps });
  return fc.oneof({ weight: 5, arbitrary: inner }, ...single) as fc.Arbitrary<Step>;
}

/** A model, and what its inputs take. */
export interface BuiltModel {
  readonly model: LayersModel;
  /** Whether sizes of its inputs are left open. */
  readonly isOpen: boolean;
  /** Random data for its inputs. */
  data(batch: number, seed: number): tf.Tensor[];
  /** Disposes every weight, with those that the model doesn't use. */
  dispose(): void;
}

/** Builds the model of a recipe: the same one every time. */
export function build(recipe: Recipe): BuiltModel {
  const before = new Set(Object.keys(tf.engine().registeredVariables));
  const isMasked = [...recipe.steps, ...recipe.inputs].some(
    (one) => one.kind === 'masking' || (one.kind === 'tokens' && one.encoding === 'masked'),
  );
  const context: GraphContext = { layerCount: 0, time: recipe.time, isMasked };
  const made = recipe.form === 'sequential' ? buildChain(recipe, context) : buildGraph(recipe, context);
  const closed = recipe.form === 'functional' ? asFunctional(made.model) : made.model;
  const isFirst = made.inputs.map((one) => one.kind === 'dense' && one.isChannelsFirst);
  const model = recipe.isOpen && recipe.form !== 'sequential' ? withOpenSizes(closed, isFirst) : closed;
  fillWeights(model, recipe.seed);
  return {
    model,
    isOpen: model !== closed,
    data: (batch, seed) => inputData(closed, made.inputs, batch, seed),
    dispose() {
      for (const [name, variable] of Object.entries(tf.engine().registeredVariables)) {
        if (!before.has(name)) variable.dispose();
      }
    },
  };
}

function run(graph: RandomGraph, steps: readonly Step[]): void {
  for (const step of steps) stepKinds[step.kind]?.run(graph, step);
}

function buildGraph(
  recipe: Recipe,
  context: GraphContext,
): { model: LayersModel; inputs: readonly InputRecipe[] } {
  const graph = new RandomGraph(context);
  const inputs = recipe.inputs.map((one) => addInput(graph, one));
  run(graph, recipe.steps);
  if (inputs.includes(graph.newest))
    graph.offer(graph.add(l.activation, { activation: 'tanh' }, graph.newest));
  const outputs = [...headed(graph, recipe, endsOf(graph, recipe.ends, inputs)), ...graph.terminals];
  const reached = new Set(outputs.flatMap((output) => [...ancestors(output)]));
  const used = inputs.filter((one) => reached.has(one));
  return {
    model: model({ inputs: used, outputs, name: graph.name('model') }),
    inputs: recipe.inputs.filter((_, index) => used.includes(inputs[index] as SymbolicTensor)),
  };
}

function endsOf(
  graph: RandomGraph,
  ends: Recipe['ends'],
  inputs: readonly SymbolicTensor[],
): SymbolicTensor[] {
  const loose = graph.looseEnds.filter((tensor) => !inputs.includes(tensor)).slice(-3);
  const middle = graph.tensors[Math.floor(graph.tensors.length / 2)] as SymbolicTensor;
  if (ends === 'middle' && middle !== graph.newest && !inputs.includes(middle)) return [graph.newest, middle];
  if (ends === 'last' || ends === 'middle' || loose.length === 0) return [graph.newest];
  if (ends === 'each' || loose.length === 1) return loose;
  return [graph.add(l.concatenate, {}, ...loose.map((one) => flat(graph, one)))];
}

function headed(graph: RandomGraph, { head }: Recipe, ends: readonly SymbolicTensor[]): SymbolicTensor[] {
  if (head === 'none') return [...ends];
  return ends.map((end) => graph.add(l.dense, { units: 2 }, head === 'flat' ? flat(graph, end) : end));
}

function flat(graph: RandomGraph, x: SymbolicTensor): SymbolicTensor {
  return x.shape.length === 2 ? x : graph.add(l.flatten, { dataFormat: graph.format(x) }, x);
}

/** The tensors that a tensor is made from, with itself. */
function ancestors(tensor: SymbolicTensor, known: Set<SymbolicTensor> = new Set()): Set<SymbolicTensor> {
  if (known.has(tensor)) return known;
  known.add(tensor);
  for (const one of tensor.sourceLayer.inboundNodes[tensor.nodeIndex]?.inputTensors ?? [])
    ancestors(one, known);
  return known;
}

function buildChain(
  recipe: Recipe,
  context: GraphContext,
): { model: LayersModel; inputs: readonly InputRecipe[] } {
  const [first] = recipe.inputs as [InputRecipe];
  const one: InputRecipe = first.kind === 'tokens' ? { kind: 'sequence', features: first.width } : first;
  const isFirst = one.kind === 'dense' && one.isChannelsFirst;
  const shape = one.kind === 'sequence' ? [recipe.time, one.features] : [...one.shape];
  const turned = isFirst ? [...shape.slice(-1), ...shape.slice(0, -1)] : shape;
  const { graph, chain } = chainOf(context, [null, ...turned], {
    hasInputLayer: recipe.hasInputLayer,
    isChannelsFirst: isFirst,
    isInner: false,
  });
  run(graph, recipe.steps);
  if (recipe.head === 'flat' && graph.newest.shape.length > 2) graph.offer(flat(graph, graph.newest));
  if (recipe.head !== 'none' || chain.layers.length < 2)
    graph.offer(graph.add(l.dense, { units: 2 }, graph.newest));
  return { model: chain, inputs: [one] };
}

interface ChainOptions {
  readonly hasInputLayer: boolean;
  readonly isChannelsFirst: boolean;
  readonly isInner: boolean;
}

/** A Sequential model to add layers to, and its graph. */
function chainOf(
  context: GraphContext,
  batchInputShape: (number | null)[],
  { hasInputLayer, isChannelsFirst, isInner }: ChainOptions,
): { graph: RandomGraph; chain: ReturnType<typeof sequential> } {
  const name = `sequential_${++context.layerCount}`;
  const chain = sequential({ name });
  const graph = new RandomGraph(context, { chain, firstShape: batchInputShape, isInner });
  if (hasInputLayer) chain.add(l.inputLayer({ batchInputShape, name: graph.name('input') }));
  // Nothing but its shape is asked of what stands for the input.
  const x = input({ batchShape: batchInputShape, name: `shape_of_${name}` });
  graph.offer(isChannelsFirst ? graph.setFormat(x, 'channelsFirst') : x);
  return { graph, chain };
}

function innerModel(
  outer: RandomGraph,
  x: SymbolicTensor,
  { form, hasInputLayer, steps, ends }: Pick<Recipe, 'form' | 'hasInputLayer' | 'steps' | 'ends'>,
): LayersModel {
  const { context } = outer;
  if (form === 'sequential') {
    const { graph, chain } = chainOf(context, [...x.shape], {
      hasInputLayer,
      isChannelsFirst: outer.format(x) === 'channelsFirst',
      isInner: true,
    });
    run(graph, steps);
    if (chain.layers.length < 2) graph.offer(graph.add(l.dense, { units: 3 }, graph.newest));
    return chain;
  }
  const graph = new RandomGraph(context, { isInner: true });
  const own = input({ shape: x.shape.slice(1), name: graph.name('input') });
  graph.offer(graph.setFormat(own, outer.format(x)));
  run(graph, steps);
  if (graph.newest === own) graph.offer(graph.add(l.dense, { units: 3 }, own));
  const outputs = endsOf(graph, outer.isLinear ? 'last' : ends, [own]);
  const made = model({ inputs: own, outputs, name: graph.name('model') });
  return form === 'functional' ? asFunctional(made) : made;
}
