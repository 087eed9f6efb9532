import type { Reshape } from '../graph/operation.js';
import { placeWindow, type Window } from '../graph/window.js';
import { type LayerScope, type Refusal, refuse } from './layer-scope.js';

/** Sequences [batch, length, channels] as images of height 1. */
export function asImages({ inputShapes }: LayerScope): Reshape | Refusal {
  const [, length, channels] = inputShapes[0] ?? [];
  if (typeof length !== 'number' || typeof channels !== 'number')
    return refuse('the length of its input is open');
  return { kind: 'reshape', shape: [-1, 1, length, channels] };
}

/** Images of height 1 as sequences again, after a window has gone over them. */
export function asSequences({ inputShapes }: LayerScope, window: Window, channels: number): Reshape {
  const { outWidth } = placeWindow(window, 1, inputShapes[0]?.[1] ?? 0);
  return { kind: 'reshape', shape: [-1, outWidth, channels] };
}
