/** One measurement. Ratios compare within one run, so they travel between machines; times don't. */
export type Row = Readonly<Record<string, string | number>>;
