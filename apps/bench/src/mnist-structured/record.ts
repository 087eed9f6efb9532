import { readFile } from 'node:fs/promises';
import type { Row } from '../row.js';

const file: URL = new URL('../../records/mnist-structured.json', import.meta.url);

/** The rows of the last full run, as they are kept with the sources. */
export async function recordedRows(): Promise<Row[]> {
  const { rows } = JSON.parse(await readFile(file, 'utf8')) as { rows: Row[] };
  return rows;
}
