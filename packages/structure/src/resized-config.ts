import { isContainer, type Layer, type LayerConfig } from '@secateur/layers';
import type { serialization } from '@tensorflow/tfjs-core';
import type { ConfigSize } from './rule.js';
import { keptCount, type Removal, type Structure } from './structure.js';

type Config = Record<string, unknown>;

/** A layer's config without the removed channels, and with it those of the layers inside. */
export function resizedConfig(
  layer: Layer,
  config: serialization.ConfigDict,
  structure: Structure,
  removed: Removal,
): serialization.ConfigDict {
  return resized(layer, config as Config, structure, removed) as serialization.ConfigDict;
}

function resized(layer: Layer, config: Config, structure: Structure, removed: Removal): Config {
  if (isContainer(layer)) {
    const inside = config.layers as LayerConfig[];
    return {
      ...config,
      layers: inside.map((serialized, index) => ({
        ...serialized,
        config: resized(layer.layers[index] as Layer, serialized.config as Config, structure, removed),
      })),
    };
  }
  const trace = structure.trace.layers.get(layer);
  if (trace === undefined) return config;
  const sizeOf = (size: ConfigSize): unknown => {
    if (size instanceof Int32Array) return keptCount(size, structure, removed);
    return Array.isArray(size) ? size.map(sizeOf) : size;
  };
  const sizes = Object.entries(trace.channels.config ?? {}).map(([key, size]) => [key, sizeOf(size)]);
  let result: Config = { ...config, ...Object.fromEntries(sizes) };
  if (Array.isArray(config.batchInputShape)) {
    const axes = trace.inputs[0]?.axes ?? [];
    const shape = config.batchInputShape as (number | null)[];
    result.batchInputShape = shape.map((size, axis) => (size === null ? null : sizeOf(axes[axis] ?? size)));
  }
  for (const part of trace.channels.parts ?? []) {
    if (part.at === undefined) continue;
    result = changedAt(result, part.at, (serialized) => {
      const { config: inner, ...rest } = serialized as Config;
      return { ...rest, config: resized(part.layer, inner as Config, structure, removed) };
    });
  }
  return result;
}

/** A copy of a config in which the value at a path is another one. */
function changedAt(
  config: Config,
  [key, ...rest]: readonly string[],
  change: (value: unknown) => unknown,
): Config {
  if (key === undefined) return change(config) as Config;
  const value = changedAt(config[key] as Config, rest, change);
  if (!Array.isArray(config)) return { ...config, [key]: value };
  return config.map((item: unknown, index) => (String(index) === key ? value : item)) as unknown as Config;
}
