import type { Barrier } from './barrier.js';

/** What a channel depends on that has no id. */
export const unknownSource = -1;

/** Channel ids, which of them can only go together (union-find), and which can't go at all. */
export class ChannelTracker {
  readonly #parents: number[] = [];
  readonly #barriers = new Map<number, Barrier[]>();
  readonly #sources = new Map<number, readonly number[]>();

  /** New channels. */
  fresh(count: number): Int32Array {
    const first = this.#parents.length;
    for (let id = first; id < first + count; id++) this.#parents.push(id);
    return Int32Array.from({ length: count }, (_, i) => first + i);
  }

  /**
   * Channels that are computed from others and go together with them, but hold other values: each from its list of ids.
   * `others` are ids that all of them depend on as well; {@link unknownSource} stands for anything else.
   */
  derived(sources: readonly (readonly number[])[], others: readonly number[] = []): Int32Array {
    const channels = this.fresh(sources.length);
    sources.forEach((ids, index) => {
      const id = channels[index] as number;
      for (const source of ids) this.#join(this.find(id), this.find(source));
      this.#sources.set(id, [...ids, ...others]);
    });
    return channels;
  }

  /** The channels that an id is computed from; undefined for one that a layer makes. */
  sources(id: number): readonly number[] | undefined {
    return this.#sources.get(id);
  }

  /** How many ids there are. */
  get size(): number {
    return this.#parents.length;
  }

  /** The id that stands for all channels that go together with `id`. */
  find(id: number): number {
    let root = id;
    while (this.#parents[root] !== root) root = this.#parents[root] as number;
    for (let at = id; at !== root; ) {
      const next = this.#parents[at] as number;
      this.#parents[at] = root;
      at = next;
    }
    return root;
  }

  /** Binds channels together, one by one. The axes have the same length. */
  unify(a: Int32Array, b: Int32Array): void {
    a.forEach((id, index) => {
      this.#join(this.find(id), this.find(b[index] as number));
    });
  }

  /** Keeps channels in the model. */
  fix(channels: Int32Array, barrier: Barrier): void {
    for (const id of channels) this.#fixRoot(this.find(id), [barrier]);
  }

  /** What keeps the channel in the model; nothing when it can go. */
  barriers(id: number): readonly Barrier[] {
    return this.#barriers.get(this.find(id)) ?? [];
  }

  #join(a: number, b: number): void {
    if (a === b) return;
    const [root, child] = a < b ? [a, b] : [b, a];
    this.#parents[child] = root;
    const moved = this.#barriers.get(child);
    this.#barriers.delete(child);
    if (moved !== undefined) this.#fixRoot(root, moved);
  }

  #fixRoot(root: number, barriers: readonly Barrier[]): void {
    const known = this.#barriers.get(root) ?? [];
    const isNew = ({ layer, code }: Barrier) =>
      !known.some((one) => one.layer === layer && one.code === code);
    this.#barriers.set(root, [...known, ...barriers.filter(isNew)]);
  }
}
