import type { Layer } from '@secateur/layers';
import type { ModelTrace } from './tracing.js';
import { nonZeroIndices } from './zero-indices.js';

/** What the weights say of ids, whatever the model's input. */
export interface ConstantChannels {
  /** Whether every kernel that makes it is zero. */
  readonly isUnwritten: (id: number) => boolean;
  /** Whether it holds a constant: it is unwritten, behind a scale of zero, or computed from such alone. */
  readonly isConstant: (id: number) => boolean;
}

/** Reads the weights of a traced model for channels that nothing goes into. */
export async function constantChannels({ tracker, layers }: ModelTrace): Promise<ConstantChannels> {
  const isMade = new Uint8Array(tracker.size);
  const isWritten = new Uint8Array(tracker.size);
  const isStopped = new Uint8Array(tracker.size);
  const mayRepeat = new Uint8Array(tracker.size);
  const isMasked = [...layers.values()].some(({ layer }) => makesMasks(layer));
  for (const { layer, variables } of layers.values()) {
    // A step that is masked repeats the one before it, the first one 0.
    const repeats = isMasked && layer.getClassName().endsWith('Cell') ? 1 : 0;
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
            mayRepeat[id] = repeats;
          });
        }
      }
    }
  }
  const isUnwritten = (id: number) => isMade[id] === 1 && isWritten[id] === 0;
  const known = new Map<number, boolean>();
  const isConstant = (id: number): boolean => {
    if (id < 0) return false;
    const answer = known.get(id);
    if (answer !== undefined) return answer;
    const sources = tracker.sources(id);
    const isOwn = sources === undefined ? isUnwritten(id) && mayRepeat[id] === 0 : sources.every(isConstant);
    const result = isStopped[id] === 1 || isOwn;
    known.set(id, result);
    return result;
  };
  return { isUnwritten, isConstant };
}

function makesMasks(layer: Layer): boolean {
  return layer.getClassName() === 'Masking' || layer.getConfig().maskZero === true;
}
