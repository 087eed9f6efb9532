import { type Shape, sizeOf } from '../graph/shape.js';
import { SparseError } from '../sparse-error.js';

/** A tensor's place in the memory of a bare model. */
interface BarePlace {
  /** Bytes from the start of memory; a multiple of 64. */
  readonly address: number;
  readonly shape: Shape;
}

/** What a bare model says of itself, as JSON in a custom section of its WebAssembly binary. */
export interface BareHeader {
  readonly version: 1;
  readonly input: BarePlace;
  readonly output: BarePlace;
  /** How many threads run it. With 2 it takes a shared memory as `env.memory`, of exactly this many pages of 64 KiB. */
  readonly threads: 1 | 2;
  readonly pages: number;
}

/** The name of the custom section. */
export const sectionName = 'secateur';

/** The bytes of the section. */
export function writeHeader(header: BareHeader): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(header));
}

/**
 * Reads and checks the section.
 *
 * @throws SparseError when there is none, or it says what can't be.
 */
export function readHeader(module: WebAssembly.Module): BareHeader {
  const [section] = WebAssembly.Module.customSections(module, sectionName);
  if (section === undefined) throw new SparseError('not a bare model: it has no section of its own');
  const header = parse(section) as Partial<BareHeader> | null;
  const { version, input, output, threads, pages } = header ?? {};
  if (version !== 1) {
    throw new SparseError(`a bare model of version ${version}; this package reads version 1`, {
      option: 'version',
      value: version,
    });
  }
  if (threads !== 1 && threads !== 2) throw refuse('threads', threads);
  if (!isCount(pages) || pages > 65_536) throw refuse('pages', pages);
  if (!isPlace(input, pages)) throw refuse('input', input);
  if (!isPlace(output, pages)) throw refuse('output', output);
  return { version, input, output, threads, pages };
}

function parse(section: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(section));
  } catch {
    throw refuse('header', 'no JSON');
  }
}

function isPlace(place: unknown, pages: number): place is BarePlace {
  if (typeof place !== 'object' || place === null) return false;
  const { address, shape } = place as Partial<BarePlace>;
  if (
    !isCount(address) ||
    address % 4 !== 0 ||
    !Array.isArray(shape) ||
    shape.length > 8 ||
    !shape.every(isCount)
  )
    return false;
  return address + 4 * sizeOf(shape) <= pages * 65_536;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function refuse(option: string, value: unknown): SparseError {
  return new SparseError(`a damaged bare model: its ${option} can't be ${JSON.stringify(value)}`, {
    option,
    value,
  });
}
