import type { Sizes } from '@secateur/export/node';

/** A row of a table: a trained network, and what became of it, saved and loaded again. */
export interface Row {
  readonly network: string;
  readonly recipe: string;
  readonly seed: number;
  readonly epochs: { readonly dense: number; readonly pruned: number };
  readonly images: number;
  readonly accuracy: { readonly dense: number; readonly pruned: number; readonly reloaded: number };
  readonly size: { readonly dense: Sizes; readonly pruned: Sizes };
  readonly seconds: { readonly dense: number; readonly pruned: number };
}
