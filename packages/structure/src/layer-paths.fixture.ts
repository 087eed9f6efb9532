import type { LayersModel, layers as l } from '@tensorflow/tfjs-layers';

/** A layer with what tfjs's types hide of the layers inside it. */
export interface AnyLayer extends l.Layer {
  readonly layers?: readonly AnyLayer[];
  readonly layer?: AnyLayer;
  readonly cell?: AnyLayer;
  readonly cells?: readonly AnyLayer[];
  readonly forwardLayer?: AnyLayer;
  readonly backwardLayer?: AnyLayer;
}

/** A layer and the path that plans call it by. */
export interface LayerAt {
  readonly path: string;
  readonly layer: AnyLayer;
}

/** Every layer of a model: those of nested models, of wrappers and of recurrent layers too. */
export function layersOf(model: LayersModel): LayerAt[] {
  return (model as unknown as AnyLayer).layers?.flatMap((layer) => visited(layer, layer.name)) ?? [];
}

function visited(layer: AnyLayer, path: string): LayerAt[] {
  // Bidirectional keeps the layer that it copied.
  const wrapped = layer.forwardLayer === undefined ? layer.layer : undefined;
  const inside = [wrapped, layer.forwardLayer, layer.backwardLayer, layer.cell];
  return [
    { path, layer },
    ...inside.flatMap((one) => (one === undefined ? [] : visited(one, path))),
    ...[...(layer.layers ?? []), ...(layer.cells ?? [])].flatMap((one) =>
      visited(one, `${path}/${one.name}`),
    ),
  ];
}

/** The paths of a model's inputs: of those of the model in front, where a chain begins with one. */
export function inputPaths(model: LayersModel): string[] {
  const layers = layersOf(model);
  return model.inputs.map(({ sourceLayer }) => {
    const found = layers.find(({ layer }) => layer === sourceLayer);
    return found?.path ?? sourceLayer.name;
  });
}
