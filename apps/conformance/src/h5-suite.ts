import { h5Cases } from './h5.js';
import type { Row } from './row.js';

/** Keras .h5 files: ours opened by Keras, and Keras's opened by us. */
export async function h5Suite(python: string): Promise<Row[]> {
  const cases = await h5Cases(python);
  return cases.map(({ name, passed, detail = '' }) => ({ suite: 'h5', name, passed, detail }));
}
