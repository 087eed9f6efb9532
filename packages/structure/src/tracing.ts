import { type Container, isContainer, type Layer } from '@secateur/layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { ChannelTracker, unknownSource } from './channel-tracker.js';
import { type Shape, type TensorChannels, tracked } from './channels.js';
import { layerPaths } from './layer-paths.js';
import { type LayerTrace, tracedVariables } from './layer-trace.js';
import { bindRepeatedCall } from './repeated-call.js';
import type { ChannelContext, LayerChannels, Product } from './rule.js';
import { isBuiltIn, ruleOf } from './rule-registry.js';
import { StructureError } from './structure-error.js';

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

/** Options of a trace. */
export interface TraceOptions {
  /** Whether features of the model's inputs (their last axis) can go too. Default false. */
  readonly inputs?: boolean;
}

/** One walk through a model, with a way taken at each choice that rules have: the first, where none is given. */
export function traceOnce(model: Container, options: TraceOptions, choices: readonly number[]): ModelTrace {
  return new Tracing(model, choices).trace(options);
}

class Tracing {
  readonly #model: Container;
  readonly #tracker = new ChannelTracker();
  readonly #paths: Map<Layer, string>;
  readonly #layers = new Map<Layer, LayerTrace>();
  readonly #macs: Product[] = [];
  /** How often what is traced now runs for one example. */
  #times: Product = [];

  readonly #choices: readonly number[];
  readonly #ways: number[] = [];

  constructor(model: Container, choices: readonly number[]) {
    this.#model = model;
    this.#choices = choices;
    this.#paths = layerPaths(model);
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
        if (isContainer(part))
          for (const [layer, at] of layerPaths(part, `${inside}/`)) this.#paths.set(layer, at);
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
      const variables = tracedVariables(layer, path, channels);
      this.#layers.set(layer, { layer, path, inputs, channels, variables });
      return;
    }
    tracedVariables(layer, path, channels).forEach(({ axes }, index) => {
      first.variables[index]?.calls.push(axes);
    });
    bindRepeatedCall(first, inputs, channels, this.#context(layer, path).unify);
  }
}

function shapesOf(layer: Layer, inputs: readonly TensorChannels[]): Shape[] {
  const shapes = inputs.map(({ shape }) => [...shape]);
  const output = layer.computeOutputShape(shapes.length === 1 ? (shapes[0] as (number | null)[]) : shapes);
  const outputs = (Array.isArray(output[0]) ? output : [output]) as Shape[];
  // Behind an open size tfjs reckons with null as 0.
  return outputs.map((shape) => shape.map((size) => (size !== null && size > 0 ? size : null)));
}
