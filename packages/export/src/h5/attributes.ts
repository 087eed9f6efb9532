import type { Group } from 'h5wasm';

/** HDF5 keeps an object's attributes in a header of 64 KiB, unless they are variable-length. Keras's own limit. */
const headerLimit = 64_512;

/** Writes a list of names as Keras does: in one attribute, or, when it is too long, in `name0`, `name1` and so on. */
export function writeNames(group: Group, attribute: string, names: readonly string[]): void {
  if (names.length === 0) {
    group.create_attribute(attribute, new Float64Array(0), [0]);
    return;
  }
  const width = Math.max(...names.map((name) => new TextEncoder().encode(name).byteLength));
  const perChunk = Math.max(1, Math.floor(headerLimit / width));
  const chunks = Math.ceil(names.length / perChunk);
  for (let c = 0; c < chunks; c += 1) {
    const chunk = names.slice(c * perChunk, (c + 1) * perChunk);
    group.create_attribute(chunks === 1 ? attribute : `${attribute}${c}`, chunk, [chunk.length], `S${width}`);
  }
}

/** Reads a list of names that Keras wrote; undefined when there is none. */
export function readNames(group: Group, attribute: string): string[] | undefined {
  const attributes = new Set(Object.keys(group.attrs));
  if (attributes.has(attribute)) return strings(group, attribute);
  if (!attributes.has(`${attribute}0`)) return undefined;
  const names: string[] = [];
  for (let c = 0; attributes.has(`${attribute}${c}`); c += 1)
    names.push(...strings(group, `${attribute}${c}`));
  return names;
}

/** Reads a text attribute; undefined when there is none. */
export function readText(group: Group, attribute: string): string | undefined {
  if (!Object.keys(group.attrs).includes(attribute)) return undefined;
  return strings(group, attribute)[0];
}

function strings(group: Group, attribute: string): string[] {
  const value: unknown = group.get_attribute(attribute, false);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
