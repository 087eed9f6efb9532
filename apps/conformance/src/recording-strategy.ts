import { type Mask, type MaskStrategy, unpackMask, type WeightView } from '@secateur/masks';

/** A strategy that keeps what it answered, by the weights' names and in the order of the updates. */
export interface RecordingStrategy extends MaskStrategy {
  readonly masks: MaskStrategy['masks'];
  recorded(name: string): readonly Mask[];
  /** The smallest gap, over all updates, between the least magnitude kept and the largest pruned. */
  smallestGap(): number;
}

export function recording(strategy: MaskStrategy): RecordingStrategy {
  const recorded = new Map<string, Mask[]>();
  let gap = Number.POSITIVE_INFINITY;
  return {
    scope: strategy.scope,
    prunesUnits: strategy.prunesUnits,
    masks(weights, sparsity) {
      const masks = strategy.masks(weights, sparsity);
      weights.forEach((weight, i) => {
        const mask = masks[i] as Mask;
        recorded.set(weight.name, [...(recorded.get(weight.name) ?? []), mask]);
        gap = Math.min(gap, thresholdGap(weight, mask));
      });
      return masks;
    },
    recorded: (name) => recorded.get(name) ?? [],
    smallestGap: () => gap,
  };
}

function thresholdGap({ values }: WeightView, mask: Mask): number {
  const kept = unpackMask(mask);
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] as number);
    if (kept[i] === 1) least = Math.min(least, magnitude);
    else largest = Math.max(largest, magnitude);
  }
  return least - largest;
}
