import { afterAll, beforeAll } from 'vitest';

/** Silences what tfjs says whenever it saves or copies a recurrent layer that starts from another's states. */
export function quietTfjs(): void {
  const { warn } = console;
  beforeAll(() => {
    console.warn = (...words: unknown[]) => {
      if (!String(words[0]).includes('non-serializable keyword arguments')) warn(...words);
    };
  });
  afterAll(() => {
    console.warn = warn;
  });
}
