import type { LayersModel } from '@tensorflow/tfjs-layers';
import { same } from './compared-models.fixture.js';
import { type LayerAt, layersOf } from './layer-paths.fixture.js';

/** Everything that is to be seen of a layer stays, but for the sizes that follow channels. */
export function checkSettings(model: LayersModel, shrunk: LayersModel): void {
  same(namesOf(shrunk), namesOf(model), 'layer names');
  same(trainedBy(shrunk), trainedBy(model), 'trainable weights');
  const copies = layersOf(shrunk);
  for (const [index, { path, layer }] of layersOf(model).entries()) {
    const { layer: copy } = copies[index] as LayerAt;
    same(copy.getClassName(), layer.getClassName(), `class of ${path}`);
    same(copy.trainable, layer.trainable, `trainable of ${path}`);
    if (layer.layers !== undefined) continue;
    const config = copy.getConfig();
    for (const [key, setting] of Object.entries(layer.getConfig())) {
      // tfjs gives stacked cells a new name.
      if (following.includes(key) || (key === 'name' && layer.cells !== undefined)) continue;
      same(config[key], setting, `${key} of ${path}`);
    }
  }
}

/** Settings that have sizes or whole layers in them, or that count how often the layer has run. */
const following = [
  ...['units', 'filters', 'outputDim', 'targetShape', 'batchInputShape', 'noiseShape'],
  ...['layer', 'cell', 'cells', 'seed'],
];
/** The names of all layers. */
export function namesOf(model: LayersModel): string[] {
  return layersOf(model).map(({ path }) => path);
}

/** What an optimizer would train. */
function trainedBy(model: LayersModel): unknown[] {
  return model.trainableWeights.map(({ originalName, dtype }) => [originalName, dtype]);
}
