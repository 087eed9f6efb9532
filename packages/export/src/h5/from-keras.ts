import { ExportError } from '../export-error.js';
import { isObject, type JsonObject } from '../json.js';
import {
  activationFields,
  modelClasses,
  sharedActivations,
  sharedCells,
  sharedLayers,
} from './keras-classes.js';
import { type CallOf, readInboundNodes, readLayerRefs } from './keras-graph.js';
import {
  floatPolicy,
  inputDtype,
  readConstraint,
  readInitializer,
  readRegularizer,
} from './keras-objects.js';
import { type LayerJson, layersOf, readLayer, unsupported } from './layer-config.js';
import { checkMasks } from './masks.js';

/** What a Keras file's `model_config` holds, as tfjs reads it. `kerasVersion` is that of the file. */
export function fromKeras(modelConfig: unknown, kerasVersion: string, file: string): JsonObject {
  const model = readLayer(modelConfig, 'model_config', file);
  if (!modelClasses.has(model.className)) {
    throw new ExportError(`${file}: it holds a ${model.className}, not a Sequential or functional model`, {
      file,
      option: 'class_name',
      value: model.className,
    });
  }
  checkMasks(model, file);
  return convertModel(model, { file, keras3: !/^[12]\./.test(kerasVersion) });
}

interface Context {
  readonly file: string;
  readonly keras3: boolean;
}

function convert(layer: LayerJson, context: Context): JsonObject {
  return modelClasses.has(layer.className)
    ? convertModel(layer, context)
    : convertLayer(layer, sharedLayers, context);
}

function convertModel(model: LayerJson, context: Context): JsonObject {
  const { file } = context;
  const layers = layersOf(model, file);
  if (model.className === 'Sequential') {
    const converted = layers.map((layer) => convert(layer, context));
    const shape = model.config.build_input_shape;
    const first = layers[0];
    const knowsInput =
      first === undefined ||
      first.className === 'InputLayer' ||
      'batch_input_shape' in first.config ||
      modelClasses.has(first.className);
    if (!knowsInput && Array.isArray(shape)) {
      converted.unshift({
        class_name: 'InputLayer',
        config: { batch_input_shape: shape, dtype: 'float32', name: `${first?.name}_input` },
      });
    }
    return { class_name: 'Sequential', config: { name: model.name, layers: converted } };
  }
  // The call 0 of a model is the one on its own inputs. Keras 3 counts it for functional models only, and not even there
  // where it writes what a layer is called on.
  const models = layers.filter(({ className }) => modelClasses.has(className));
  const uncounted = (inner: readonly LayerJson[]): CallOf => {
    const names = new Set(context.keras3 ? inner.map(({ name }) => name) : []);
    return (name, call) => (names.has(name) ? call + 1 : call);
  };
  const callOf = uncounted(models.filter(({ className }) => className === 'Sequential'));
  return {
    class_name: 'Model',
    config: {
      name: model.name,
      layers: layers.map((layer) => ({
        ...convert(layer, context),
        name: layer.name,
        inbound_nodes: readInboundNodes(layer, uncounted(models), file),
      })),
      input_layers: readLayerRefs(model, 'input_layers', callOf, file),
      output_layers: readLayerRefs(model, 'output_layers', callOf, file),
    },
  };
}

/** What a layer may not have, as tfjs would ignore it and compute something else: its value must be among these. */
const onlyAllowed: Readonly<Record<string, readonly unknown[]>> = {
  groups: [1, null],
  reset_after: [false, null],
  output_padding: [null],
  time_major: [false, null],
  renorm: [false, null],
  virtual_batch_size: [null],
  rms_scaling: [false, null],
  keepdims: [false, null],
  ragged: [false, null],
  threshold: [0, null],
  fused_tanh: [null],
};

function convertLayer(layer: LayerJson, known: ReadonlySet<string>, context: Context): JsonObject {
  const { file } = context;
  if (!known.has(layer.className))
    throw unsupported(file, layer, 'has no counterpart of the same meaning in tfjs');
  const config: JsonObject = {};
  for (const [field, value] of Object.entries(layer.config)) {
    const allowed = onlyAllowed[field];
    if (allowed !== undefined && !allowed.includes(value)) {
      const hint = field === 'reset_after' ? '; build the GRU with reset_after=False' : '';
      throw unsupported(file, layer, `has ${field}=${JSON.stringify(value)}, which tfjs can't do${hint}`);
    }
    if (field.endsWith('_initializer')) config[field] = readInitializer(value);
    else if (field.endsWith('_regularizer')) config[field] = readRegularizer(value, layer, file);
    else if (field.endsWith('_constraint')) config[field] = readConstraint(value, layer, file);
    else if (activationFields.includes(field)) config[field] = readActivation(value, layer, context);
    else if (!droppedFields.has(field)) config[field] = value;
  }
  if (layer.className === 'InputLayer') {
    config.batch_input_shape = layer.config.batch_shape ?? layer.config.batch_input_shape;
    config.dtype = inputDtype(layer, file);
  } else {
    floatPolicy(layer, file);
  }
  special[layer.className]?.(config, layer, file);
  convertInner(config, layer, context);
  return { class_name: layer.className, config };
}

/** Fields that say nothing to tfjs. */
const droppedFields = new Set([
  ...[
    'dtype',
    'batch_shape',
    'ragged',
    'optional',
    'quantization_config',
    'lora_rank',
    'lora_alpha',
    'synchronized',
  ],
  ...[
    'renorm',
    'renorm_clipping',
    'renorm_momentum',
    'backward_layer',
    'build_config',
    'autocast',
    'use_cudnn',
  ],
]);

/** What single classes need. */
const special: Readonly<Record<string, (config: JsonObject, layer: LayerJson, file: string) => void>> = {
  BatchNormalization(config, layer, file) {
    if (!Array.isArray(config.axis)) return;
    if (config.axis.length !== 1) throw unsupported(file, layer, `normalises over axes [${config.axis}]`);
    config.axis = config.axis[0];
  },
  LeakyReLU(config) {
    config.alpha = config.alpha ?? config.negative_slope;
  },
  ReLU(config, layer, file) {
    if (config.negative_slope != null && config.negative_slope !== 0) {
      throw unsupported(file, layer, `has negative_slope=${String(config.negative_slope)}; tfjs only has 0`);
    }
  },
  UpSampling2D(config, layer, file) {
    if (config.interpolation !== 'nearest') {
      throw unsupported(
        file,
        layer,
        `samples '${String(config.interpolation)}' at other points than tfjs does`,
      );
    }
  },
  DepthwiseConv2D: dropKernelFields,
  SeparableConv2D: dropKernelFields,
  Bidirectional(config, layer, file) {
    if (layer.config.backward_layer == null) return;
    const [forward, backward] = [config.layer, layer.config.backward_layer].map((inner) => {
      const { name: _, go_backwards: __, ...rest } = readLayer(inner, `inside '${layer.name}'`, file).config;
      return JSON.stringify(rest);
    });
    if (forward !== backward) throw unsupported(file, layer, 'has a backward layer unlike the forward one');
  },
};

/** Keras lists these beside the depthwise and pointwise ones; tfjs refuses them. */
function dropKernelFields(config: JsonObject): void {
  for (const part of ['initializer', 'regularizer', 'constraint']) delete config[`kernel_${part}`];
}

function convertInner(config: JsonObject, layer: LayerJson, context: Context): void {
  const inner = (json: unknown): LayerJson => readLayer(json, `inside '${layer.name}'`, context.file);
  if (isObject(config.layer)) config.layer = convert(inner(config.layer), context);
  if (isObject(config.cell)) config.cell = convertLayer(inner(config.cell), sharedCells, context);
  if (Array.isArray(config.cells)) {
    config.cells = config.cells.map((cell) => convertLayer(inner(cell), sharedCells, context));
  }
}

function readActivation(value: unknown, layer: LayerJson, { file, keras3 }: Context): unknown {
  if (value == null) return 'linear';
  const named = isObject(value) && value.class_name === 'function' ? value.config : value;
  const name = named === 'silu' ? 'swish' : named;
  if (typeof name !== 'string' || !sharedActivations.has(name)) {
    throw unsupported(file, layer, `has the activation ${JSON.stringify(value)}, which tfjs hasn't`);
  }
  if (name === 'hard_sigmoid' && keras3) {
    throw unsupported(
      file,
      layer,
      "has Keras 3's hard_sigmoid, relu6(x + 3) / 6; tfjs has Keras 2's, 0.2 x + 0.5",
    );
  }
  return name;
}
