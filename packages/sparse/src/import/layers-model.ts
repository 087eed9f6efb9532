import type { ValueId } from '../graph/graph.js';
import { runForeign } from './foreign-layer.js';
import { isGenuine } from './genuine.js';
import type {
  ForeignNode,
  ImportedModel,
  ImportedNode,
  LayerFate,
  NativeNode,
  SourceLayer,
} from './imported-model.js';
import { type LayerCall, type LayerCalls, layerCalls } from './layer-calls.js';
import { masksLeak, mayReadMask, passesMask } from './layer-masks.js';
import { layerRules } from './layer-rules.js';
import { LayerWeights, type Refusal, refuse, WeightReader } from './layer-scope.js';
import type { LayerLike, LayersModelLike } from './layers-model-like.js';
import { innerLayer, unwrap } from './unwrap.js';
import { inputsOf, wholeModel } from './whole-model.js';

export type { LayersModelLike } from './layers-model-like.js';

/**
 * Turns a model into operations, as far as we have them, and steps of tfjs. Weights are copied.
 *
 * @throws SparseError when the model isn't connected.
 */
export async function importLayersModel(model: LayersModelLike): Promise<ImportedModel> {
  const calls = layerCalls(model);
  if (masksLeak(calls)) return wholeModel(model, calls, 'tfjs hands masks on in an order of its own');
  const importer = new LayersImporter(calls, model);
  for (const call of calls.calls) await importer.add(call);
  return importer.finish();
}

/** Collects the nodes of a model. */
class LayersImporter {
  readonly #model: LayersModelLike;
  readonly #calls: LayerCalls;
  readonly #reader = new WeightReader();
  readonly #nodes: ImportedNode[] = [];
  readonly #layers = new Map<LayerLike, SourceLayer>();
  readonly #callCounts = new Map<LayerLike, number>();
  /** Values that hold what the source model's values hold. */
  readonly #aliases = new Map<ValueId, ValueId>();
  /** The masks of values that have one. */
  readonly #masks = new Map<ValueId, ValueId>();
  /** Values that aren't float32, or may not be. */
  readonly #otherTypes: Set<ValueId>;
  #count: number;

  constructor(calls: LayerCalls, model: LayersModelLike) {
    this.#model = model;
    this.#calls = calls;
    this.#count = 1 + Math.max(...calls.inputs, ...calls.calls.flatMap(({ outputs }) => outputs));
    this.#otherTypes = new Set(calls.inputs.filter((_, index) => model.inputs[index]?.dtype !== 'float32'));
    for (const { sourceLayer } of model.inputs) this.#record(sourceLayer, sourceLayer.name, { kind: 'none' });
  }

  async add(call: LayerCall): Promise<void> {
    const { layer, path } = call;
    const count = (this.#callCounts.get(layer) ?? 0) + 1;
    this.#callCounts.set(layer, count);
    const name = count === 1 ? path : `${path} (call ${count})`;
    const inputs = call.inputs.map((id) => this.#aliases.get(id) ?? id);
    const before = this.#nodes.length;
    const result = await this.#addNative({ ...call, inputs }, name);
    if (typeof result === 'number') {
      const [output = 0] = call.outputs;
      this.#aliases.set(output, result);
      this.#passMask(call, inputs, result);
      this.#record(layer, path, { kind: this.#nodes.length > before ? 'native' : 'none' });
    } else {
      this.#addForeign({ ...call, inputs }, name, result.reason);
      this.#record(layer, path, { kind: 'tfjs', reason: result.reason });
    }
  }

  finish(): ImportedModel {
    const { inputs, outputs } = this.#calls;
    return {
      nodes: this.#nodes,
      inputs: inputsOf(this.#model, inputs),
      outputs: outputs.map((id) => this.#aliases.get(id) ?? id),
      outputNames: this.#model.outputNames,
      layers: [...this.#layers.values()],
    };
  }

  async #addNative(call: LayerCall, name: string): Promise<ValueId | Refusal> {
    const { layer: outer, path, inputs, inputShapes } = call;
    const inner = unwrap(outer);
    const className = inner.getClassName();
    if (!isGenuine(outer) || !isGenuine(inner)) return refuse(`its class ${className} is not tfjs's own`);
    const layer = (className === 'TimeDistributed' ? innerLayer(inner) : undefined) ?? inner;
    const rule = layerRules.get(className);
    if (rule === undefined) return refuse(`we have no kernel for ${className}`);
    if (inputs.some((id) => this.#otherTypes.has(id))) return refuse('its input is not float32');
    const isMasked = inputs.some((id) => this.#masks.has(id));
    if (isMasked && (inputs.length > 1 || mayReadMask(inner))) return refuse('its input has a mask');
    const weights = new LayerWeights(layer, this.#reader);
    if (!weights.areFloat) return refuse('its weights are not float32');
    return rule({
      ...{ layer, inputs, inputShapes, weights },
      config: layer.getConfig() as Record<string, unknown>,
      emit: (operation, from) => {
        const output = this.#count++;
        const node: NativeNode = { kind: 'native', layer: path, name, operation, inputs: from, output };
        this.#nodes.push(node);
        return output;
      },
    });
  }

  #addForeign(call: LayerCall, name: string, reason: string): void {
    const { layer, path, inputs, outputs } = call;
    if (inputs.some((id) => this.#otherTypes.has(id)) && layer.getClassName() !== 'Embedding') {
      for (const id of outputs) this.#otherTypes.add(id);
    }
    const masks = inputs.map((id) => this.#masks.get(id));
    const isMasked = masks.some((mask) => mask !== undefined);
    const mask = passesMask(call, isMasked) ? this.#count++ : undefined;
    if (mask !== undefined) for (const id of outputs) this.#masks.set(id, mask);
    const foreign = { call, masked: masks.map((id) => id !== undefined), givesMask: mask !== undefined };
    const node: ForeignNode = {
      kind: 'foreign',
      ...{ name, reason },
      layers: [path],
      inputs: [...inputs, ...masks.filter((id) => id !== undefined)],
      outputs: mask === undefined ? outputs : [...outputs, mask],
      run: (given) => runForeign(foreign, given),
    };
    this.#nodes.push(node);
  }

  /** Layers that keep positions hand their input's mask on. */
  #passMask(call: LayerCall, [input = 0]: readonly ValueId[], output: ValueId): void {
    const mask = this.#masks.get(input);
    if (mask !== undefined && passesMask(call, true)) this.#masks.set(output, mask);
    else if (output !== input) this.#masks.delete(output);
  }

  /** Layers that do something in one of their calls count as doing it. */
  #record(layer: LayerLike, name: string, fate: LayerFate): void {
    const known = this.#layers.get(layer);
    if (known !== undefined && known.fate.kind !== 'none') return;
    this.#layers.set(layer, { name, className: layer.getClassName(), fate });
  }
}
