import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { type Random, seeded } from './random.js';
import type { Slices } from './structure-case.js';

type Layer = layers.Layer;
type Variable = Layer['weights'][number];

/** The layers of a model and of the models in it, by path. */
export function layersByPath(model: LayersModel): Map<string, Layer> {
  const found = new Map<string, Layer>();
  const visit = (container: LayersModel, prefix: string): void => {
    for (const layer of container.layers) {
      if ('layers' in layer) visit(layer as LayersModel, `${prefix}${layer.name}/`);
      else found.set(prefix + layer.name, layer);
    }
  };
  visit(model, '');
  return found;
}

/** The shapes of the weights of every layer, by its path. */
export function weightShapes(model: LayersModel): Record<string, number[][]> {
  const shapes = [...layersByPath(model)].map(([path, { weights }]): [string, number[][]] => [
    path,
    weights.map(({ shape }) => shape as number[]),
  ]);
  return Object.fromEntries(shapes);
}

/** Gives every weight numbers other than zero, the same for the same network: biases and statistics too. */
export function fillWeights(model: LayersModel): void {
  const random = seeded(1);
  for (const variable of variablesOf(model).values()) {
    const { shape, originalName } = variable;
    const size = (shape as number[]).reduce((product, length) => product * length, 1);
    const draw = drawing(originalName, shape as number[], random);
    write(variable, Float32Array.from({ length: size }, draw));
  }
}

/** Sets parts of weights to zero. */
export async function zeroSlices(model: LayersModel, slices: Slices): Promise<void> {
  const variables = variablesOf(model);
  for (const [name, [axis, indices]] of Object.entries(slices)) {
    const variable = variables.get(name);
    if (variable === undefined) throw new Error(`no weight "${name}" among ${[...variables.keys()]}`);
    const shape = variable.shape as number[];
    const length = shape[axis];
    if (length === undefined || indices.some((index) => index >= length)) {
      throw new Error(`axis ${axis} of "${name}" [${shape}] has no indices ${indices}`);
    }
    const stride = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    const values = await variable.read().data<'float32'>();
    write(
      variable,
      values.map((value, i) => (indices.includes(Math.floor(i / stride) % length) ? 0 : value)),
    );
  }
}

/** Weights by `layer path/name`: the name is what follows the layer's own in the weight's. */
function variablesOf(model: LayersModel): Map<string, Variable> {
  const found = new Map<string, Variable>();
  for (const [path, layer] of layersByPath(model)) {
    for (const variable of layer.weights) {
      const [, name = variable.originalName] = variable.originalName.split(`${layer.name}/`);
      found.set(`${path}/${name}`, variable);
    }
  }
  return found;
}

function drawing(name: string, shape: readonly number[], random: Random): () => number {
  if (/(variance|gamma)$/.test(name)) return () => 0.5 + random.uniform();
  if (/alpha$/.test(name)) return () => 0.1 + 0.4 * random.uniform();
  if (/(bias|beta|mean)$/.test(name))
    return () => (random.uniform() < 0.4 ? -1 : 1) * (0.2 + random.uniform());
  const scale = 1.5 / Math.sqrt(shape.slice(0, -1).reduce((product, size) => product * size, 1));
  return () => scale * random.normal();
}

function write(variable: Variable, values: Float32Array): void {
  tidy(() => {
    variable.write(tensor(values, variable.shape as number[]) as Tensor);
  });
}
