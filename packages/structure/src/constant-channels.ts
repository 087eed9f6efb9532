import type { Layer } from '@secateur/layers';
import type { ModelTrace } from './tracing.js';
import { nonZeroIndices } from './zero-indices.js';

/**
 * Which ids hold a constant, whatever the model's input: those whose kernels are all zero, those behind a scale of zero, and
 * those that are computed from such alone.
 */
export async function constantChannels({ tracker, layers }: ModelTrace): Promise<(id: number) => boolean> {
  const isMade = new Uint8Array(tracker.size);
  const isWritten = new Uint8Array(tracker.size);
  const isStopped = new Uint8Array(tracker.size);
  const isMasked = [...layers.values()].some(({ layer }) => makesMasks(layer));
  for (const { layer, variables } of layers.values()) {
    // A step that is masked repeats the one before it, the first one 0.
    if (isMasked && layer.getClassName().endsWith('Cell')) continue;
    for (const { variable, axes, calls } of variables) {
      for (const [index, axis] of axes.entries()) {
        const makes = axis?.role === 'out' && variable.shape.length > 1;
        if (axis === null || (!makes && axis.stops !== true)) continue;
        const nonZero = await nonZeroIndices(variable, index);
        for (const call of calls) {
          call[index]?.channels.forEach((id, at) => {
            if (!makes) isStopped[id] = 1 - (nonZero[at] as number);
            else isMade[id] = 1;
            if (makes && nonZero[at] === 1) isWritten[id] = 1;
          });
        }
      }
    }
  }
  const known = new Map<number, boolean>();
  const isConstant = (id: number): boolean => {
    if (id < 0) return false;
    const answer = known.get(id);
    if (answer !== undefined) return answer;
    const sources = tracker.sources(id);
    const result =
      isStopped[id] === 1 ||
      (sources === undefined ? isMade[id] === 1 && isWritten[id] === 0 : sources.every(isConstant));
    known.set(id, result);
    return result;
  };
  return isConstant;
}

function makesMasks(layer: Layer): boolean {
  return layer.getClassName() === 'Masking' || layer.getConfig().maskZero === true;
}
