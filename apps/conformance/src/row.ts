/** One check: ours against a peer's. */
export interface Row {
  readonly suite: string;
  readonly name: string;
  readonly passed: boolean;
  /** What was compared, and how far apart the two sides were. */
  readonly detail: string;
  /** Why tfmot's own answer is not the one to reach, when it is wrong. */
  readonly tfmotBug?: string;
  /** What is right: a smaller model, a refusal with its reason, or the model left whole. */
  readonly right?: 'smaller' | 'refused' | 'kept';
  /** What other tools made of a case of the same kind, as recorded. */
  readonly theirs?: Readonly<Record<string, string>>;
}
