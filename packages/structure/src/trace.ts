import { type Container, isContainer, type Layer, type LayerVariable, variablesOf } from '@secateur/layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { ChannelTracker, unknownSource } from './channel-tracker.js';
import { type AxisChannels, type Shape, type TensorChannels, tracked } from './channels.js';
import type { ChannelContext, ConfigSize, LayerChannels, Product, WeightAxis } from './rule.js';
import { isBuiltIn, ruleOf } from './rule-registry.js';
import { StructureError } from './structure-error.js';

/** What all calls of a layer together say of it. */
export interface LayerTrace {
  readonly layer: Layer;
  readonly path: string;
  /** The inputs of the first call: those of the others have the same channels, where a size depends on them. */
  readonly inputs: readonly TensorChannels[];
  readonly channels: LayerChannels;
  /** The layer's own variables, without those of the layers inside. */
  readonly variables: readonly TracedVariable[];
}

/** A weight and the channels of its axes. */
export interface TracedVariable {
  readonly variable: LayerVariable;
  /** The last part of its name. */
  readonly name: string;
  readonly axes: readonly (WeightAxis | null)[];
  /** The axes at each call of the layer: the same channels, but what they are computed from may differ. */
  readonly calls: (readonly (WeightAxis | null)[])[];
}

/** The channels of a whole model. */
export interface ModelTrace {
  readonly tracker: ChannelTracker;
  /** Every layer, those inside others too, in the order in which data reaches them. */
  readonly layers: ReadonlyMap<Layer, LayerTrace>;
  /** The multiply-adds of one example, as a sum of products. */
  readonly macs: readonly Product[];
  /** The choices that rules had: how many ways each. */
  readonly ways: readonly number[];
}

/** Options of {@link traceModel}. */
export interface TraceOptions {
  /** Whether features of the model's inputs (their last axis) can go too. Default false. */
  readonly inputs?: boolean;
}

/**
 * Follows channels through a model. The names of the layers are paths: `encoder/dense_1`. Where a rule has a choice, each
 * way is tried, one choice after the other, and the one that leaves the most channels to remove is taken.
 */
export function traceModel(model: Container, options: TraceOptions = {}): ModelTrace {
  let best = new Tracing(model, []).trace(options);
  let choices: readonly number[] = [];
  for (let choice = 0; choice < best.ways.length; choice++) {
    for (let way = 1; way < (best.ways[choice] as number); way++) {
      const tried = [...Array.from({ length: choice }, (_, index) => choices[index] ?? 0), way];
      const trace = new Tracing(model, tried).trace(options);
      if (freeChannels(trace) > freeChannels(best)) [best, choices] = [trace, tried];
    }
  }
  return best;
}

function freeChannels({ tracker, layers }: ModelTrace): number {
  const free = new Set<number>();
  for (const { channels } of layers.values()) {
    for (const id of channels.units ?? []) if (tracker.barriers(id).length === 0) free.add(tracker.find(id));
  }
  return free.size;
}

class Tracing {
  readonly #model: Container;
  readonly #tracker = new ChannelTracker();
  readonly #paths = new Map<Layer, string>();
  readonly #layers = new Map<Layer, LayerTrace>();
  readonly #macs: Product[] = [];
  /** How often what is traced now runs for one example. */
  #times: Product = [];

  readonly #choices: readonly number[];
  readonly #ways: number[] = [];

  constructor(model: Container, choices: readonly number[]) {
    this.#model = model;
    this.#choices = choices;
    this.#nameLayers(model, '');
  }

  trace({ inputs: withInputs = false }: TraceOptions): ModelTrace {
    const inputs = this.#model.inputs.map((tensor) => {
      const path = this.#pathOf(tensor.sourceLayer);
      const size = tensor.shape.length > 1 ? tensor.shape.at(-1) : null;
      if (size === null || size === undefined) return tracked(tensor.shape, {});
      const features = this.#tracker.fresh(size);
      if (!withInputs) {
        this.#tracker.fix(features, { layer: path, code: 'model-input', message: "is the model's input" });
      }
      return tracked(tensor.shape, { [-1]: features });
    });
    const outputs = this.#container(this.#model, inputs, withInputs);
    outputs.forEach(({ axes }, index) => {
      const { sourceLayer } = this.#model.outputs[index] as SymbolicTensor;
      for (const axis of axes) {
        if (axis === null) continue;
        this.#tracker.fix(axis, {
          layer: this.#pathOf(sourceLayer),
          code: 'model-output',
          message: "is the model's output",
        });
      }
    });
    return { tracker: this.#tracker, layers: this.#layers, macs: this.#macs, ways: this.#ways };
  }

  #nameLayers(container: Container, prefix: string): void {
    for (const layer of container.layers) {
      this.#paths.set(layer, prefix + layer.name);
      if (isContainer(layer)) this.#nameLayers(layer, `${prefix}${layer.name}/`);
    }
  }

  #pathOf(layer: Layer): string {
    return this.#paths.get(layer) ?? layer.name;
  }

  #container(
    container: Container,
    inputs: readonly TensorChannels[],
    inputsAreUnits = false,
  ): TensorChannels[] {
    const known = new Map<number, TensorChannels>();
    container.inputs.forEach((tensor, index) => {
      const channels = inputs[index] as TensorChannels;
      known.set(tensor.id, channels);
      const units = inputsAreUnits ? channels.axes.at(-1) : null;
      this.#record(tensor.sourceLayer, this.#pathOf(tensor.sourceLayer), [channels], {
        outputs: [channels],
        ...(units && { units }),
      });
    });
    const channelsOf = (tensor: SymbolicTensor): TensorChannels => {
      const value = known.get(tensor.id);
      if (value !== undefined) return value;
      const { sourceLayer: layer, nodeIndex } = tensor;
      const node = layer.inboundNodes[nodeIndex];
      if (node === undefined || layer.inboundNodes.length === 0) {
        throw new StructureError(`Layer "${layer.name}" is not connected to the model's inputs`, {
          layer: this.#pathOf(layer),
        });
      }
      const outputs = this.#call(layer, node.inputTensors.map(channelsOf), this.#pathOf(layer));
      node.outputTensors.forEach((output, index) => {
        known.set(output.id, outputs[index] as TensorChannels);
      });
      return known.get(tensor.id) as TensorChannels;
    };
    return container.outputs.map(channelsOf);
  }

  #call(layer: Layer, inputs: readonly TensorChannels[], path: string): TensorChannels[] {
    if (isContainer(layer)) return this.#container(layer, inputs);
    const outputShapes = shapesOf(layer, inputs);
    const channels = ruleOf(layer.getClassName())(
      { layer, config: layer.getConfig(), inputs, outputShapes },
      this.#context(layer, path),
    );
    this.#record(layer, path, inputs, channels);
    for (const product of channels.macs ?? []) this.#macs.push([...this.#times, ...product]);
    return isBuiltIn(layer.getClassName()) ? [...channels.outputs] : channels.outputs.map(this.#opaque);
  }

  /** What a custom layer gives: it may depend on anything that comes in. */
  readonly #opaque = ({ shape, axes }: TensorChannels): TensorChannels => ({
    shape,
    axes: axes.map(
      (axis) =>
        axis &&
        this.#tracker.derived(
          Array.from(axis, (id) => [id]),
          [unknownSource],
        ),
    ),
  });

  #context(layer: Layer, path: string): ChannelContext {
    const fix: ChannelContext['fix'] = (axis, code, message) => {
      if (axis) this.#tracker.fix(axis, { layer: path, code, message });
    };
    return {
      fresh: (count) => this.#tracker.fresh(count),
      derive: ([first = new Int32Array(), ...rest], others = []) =>
        this.#tracker.derived(
          Array.from(first, (id, index) => [id, ...rest.map((axis) => axis[index] as number)]),
          others.map((id) => id ?? unknownSource),
        ),
      deriveEach: (sources) => this.#tracker.derived(sources),
      choose: (ways) => this.#choices[this.#ways.push(ways) - 1] ?? 0,
      fix,
      unify: (a, b) => {
        if (a !== null && b !== null && a.length === b.length) {
          this.#tracker.unify(a, b);
          return a;
        }
        const why = `goes together in "${layer.name}" with an axis of which nothing can go`;
        fix(a, 'fixed', why);
        fix(b, 'fixed', why);
        return a ?? b;
      },
      trace: (part, inputs, { times = 1, name } = {}) => {
        const outer = this.#times;
        this.#times = [...outer, times];
        const inside = name === undefined ? path : `${path}/${name}`;
        if (isContainer(part)) this.#nameLayers(part, `${inside}/`);
        const outputs = this.#call(part, inputs, inside);
        this.#times = outer;
        return outputs;
      },
    };
  }

  /** A layer that is called again goes together with its first call, wherever sizes depend on it. */
  #record(layer: Layer, path: string, inputs: readonly TensorChannels[], channels: LayerChannels): void {
    const first = this.#layers.get(layer);
    if (first === undefined) {
      const variables = bind(layer, path, channels);
      this.#layers.set(layer, { layer, path, inputs, channels, variables });
      return;
    }
    bind(layer, path, channels).forEach(({ axes }, index) => {
      first.variables[index]?.calls.push(axes);
    });
    const { unify } = this.#context(layer, path);
    for (const [name, axes] of Object.entries(channels.weights ?? {})) {
      axes.forEach((axis, index) => {
        unify(first.channels.weights?.[name]?.[index]?.channels ?? null, axis?.channels ?? null);
      });
    }
    if (channels.units !== undefined) unify(first.channels.units ?? null, channels.units);
    for (const [key, size] of Object.entries(channels.config ?? {})) {
      unifySizes(first.channels.config?.[key] ?? null, size, unify);
    }
    if (layer.getConfig().batchInputShape !== undefined) {
      inputs.forEach(({ axes }, index) => {
        axes.forEach((axis, i) => {
          unify(first.inputs[index]?.axes[i] ?? null, axis);
        });
      });
    }
  }
}

/** The variables that are the layer's own, with the axes that its rule gives them. */
function bind(layer: Layer, path: string, { weights = {}, parts = [] }: LayerChannels): TracedVariable[] {
  const inside = new Set(parts.flatMap((part) => variablesOf(part.layer)));
  return variablesOf(layer).flatMap((variable) => {
    if (inside.has(variable)) return [];
    const name = variable.originalName.slice(variable.originalName.lastIndexOf('/') + 1);
    const axes = (Object.hasOwn(weights, name) ? weights[name] : undefined) ?? variable.shape.map(() => null);
    const fits =
      axes.length === variable.shape.length &&
      axes.every((axis, index) => axis === null || axis.channels.length === variable.shape[index]);
    if (!fits) {
      const given = axes.map((axis) => axis?.channels.length ?? 'any').join(', ');
      throw new StructureError(
        `The channel rule of "${path}" gives its weight "${name}" axes of [${given}], but its shape is [${variable.shape}]`,
        { layer: path },
      );
    }
    return [{ variable, name, axes, calls: [axes] }];
  });
}

function unifySizes(a: ConfigSize, b: ConfigSize, unify: ChannelContext['unify']): void {
  if (isList(a) && isList(b)) {
    a.forEach((one, index) => {
      unifySizes(one, b[index] ?? null, unify);
    });
  } else {
    unify(asAxis(a), asAxis(b));
  }
}

function isList(size: ConfigSize): size is readonly ConfigSize[] {
  return Array.isArray(size);
}

function asAxis(size: ConfigSize): AxisChannels {
  return size instanceof Int32Array ? size : null;
}

function shapesOf(layer: Layer, inputs: readonly TensorChannels[]): Shape[] {
  const shapes = inputs.map(({ shape }) => [...shape]);
  const output = layer.computeOutputShape(shapes.length === 1 ? (shapes[0] as (number | null)[]) : shapes);
  return (Array.isArray(output[0]) ? output : [output]) as Shape[];
}
