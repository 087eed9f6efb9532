/** Why channels can't be removed. */
export type BarrierCode =
  | 'model-input'
  | 'model-output'
  | 'unknown-layer'
  | 'softmax'
  | 'normalized'
  | 'mixed'
  | 'broadcast'
  | 'reshaped'
  | 'masking'
  | 'indices'
  | 'fixed';

/** What keeps channels from being removed: the layer where it happens, and why. */
export interface Barrier {
  /** The path of the layer. */
  readonly layer: string;
  /** The kind of reason. */
  readonly code: BarrierCode;
  /** The reason in words. */
  readonly message: string;
}
