import { type Container, isContainer, type Layer } from '@secateur/layers';

/** The path of each layer of a model: its name, preceded by those of the models around it. */
export function layerPaths(container: Container, prefix = ''): Map<Layer, string> {
  const paths = new Map<Layer, string>();
  for (const layer of container.layers) {
    const path = prefix + layer.name;
    paths.set(layer, path);
    if (isContainer(layer)) for (const [inner, at] of layerPaths(layer, `${path}/`)) paths.set(inner, at);
  }
  return paths;
}

/** The paths of the layers that a model's inputs come from, in order. */
export function inputPaths(model: Container): string[] {
  const paths = layerPaths(model);
  return model.inputs.map(({ sourceLayer }) => paths.get(sourceLayer) ?? sourceLayer.name);
}
