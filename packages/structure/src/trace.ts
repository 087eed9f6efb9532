import type { Container } from '@secateur/layers';
import { type ModelTrace, type TraceOptions, traceOnce } from './tracing.js';

/**
 * Follows channels through a model. The names of the layers are paths: `encoder/dense_1`. Where a rule has a choice, each
 * way is tried, one choice after the other, and the one that leaves the most channels to remove is taken.
 */
export function traceModel(model: Container, options: TraceOptions = {}): ModelTrace {
  let best = traceOnce(model, options, []);
  let choices: readonly number[] = [];
  for (let choice = 0; choice < best.ways.length; choice++) {
    for (let way = 1; way < (best.ways[choice] as number); way++) {
      const tried = [...Array.from({ length: choice }, (_, index) => choices[index] ?? 0), way];
      const trace = traceOnce(model, options, tried);
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
