import { ByteWriter } from './byte-writer.js';
import { FunctionBuilder, type Signature } from './function-builder.js';
import { typeCodes, type ValueType } from './value-type.js';

/** The one memory of a module. */
export interface MemoryOptions {
  /** Imported as `env.memory`, or the module's own and exported as `memory`. Default imported. */
  readonly from?: 'import' | 'module';
  /** Whether several threads share it. Default false. */
  readonly shared?: boolean;
  /** The least size, in pages of 64 KiB. Default 1. */
  readonly minimum?: number;
  /** The largest size; needed when it is shared. Default 65536 then. */
  readonly maximum?: number;
}

/** The name under which a module imports its memory. */
const memoryImport = { module: 'env', name: 'memory' } as const;

/**
 * Assembles a WebAssembly module of functions that work on one memory.
 *
 * @example
 * ```ts
 * import { ModuleBuilder } from '@secateur/wasm-emit';
 *
 * const builder = new ModuleBuilder();
 * const double = builder.exported('double', { params: ['i32'], results: ['i32'] });
 * const [x] = double.params;
 * if (x !== undefined) double.get(x).get(x).op('i32Add');
 *
 * const memory = new WebAssembly.Memory({ initial: 1 });
 * const { instance } = await WebAssembly.instantiate(builder.build(), { env: { memory } });
 * const { double: run } = instance.exports as { double: (x: number) => number };
 * console.log(run(21)); // 42
 * ```
 */
export class ModuleBuilder {
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];
  readonly #data: { readonly address: number; readonly bytes: Uint8Array }[] = [];
  readonly #custom: { readonly name: string; readonly bytes: Uint8Array }[] = [];

  /** A new function that only the module's others can call. */
  function(signature: Signature): FunctionBuilder {
    const builder = new FunctionBuilder(signature, this.#functions.length);
    this.#functions.push(builder);
    return builder;
  }

  /** A new function, exported under a name. */
  exported(name: string, signature: Signature): FunctionBuilder {
    const builder = this.function(signature);
    this.#exports.push({ name, index: builder.index });
    return builder;
  }

  /** Bytes that are in memory at an address once the module is instantiated. */
  data(address: number, bytes: Uint8Array): this {
    this.#data.push({ address, bytes });
    return this;
  }

  /** A section that only readers of the binary see: `WebAssembly.Module.customSections`. */
  custom(name: string, bytes: Uint8Array): this {
    this.#custom.push({ name, bytes });
    return this;
  }

  /** The module in the binary format. */
  build(memory: MemoryOptions = {}): Uint8Array<ArrayBuffer> {
    const { from = 'import' } = memory;
    const types = new Map<string, number>();
    const signatures: Signature[] = [];
    const typeOf = ({ signature }: FunctionBuilder): number => {
      const key = JSON.stringify(signature);
      const known = types.get(key) ?? signatures.push(signature) - 1;
      types.set(key, known);
      return known;
    };
    const indices = this.#functions.map(typeOf);
    const module = new ByteWriter().byte(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
    section(module, 1, signatures, (out, { params, results }) => {
      writeTypes(out.byte(0x60), params);
      writeTypes(out, results);
    });
    if (from === 'import') {
      section(module, 2, [memory], (out, limits) => {
        writeLimits(out.text(memoryImport.module).text(memoryImport.name).byte(2), limits);
      });
    }
    section(module, 3, indices, (out, index) => out.unsigned(index));
    if (from === 'module') section(module, 5, [memory], writeLimits);
    const exported = this.#exports.map(({ name, index }) => ({ name, kind: 0, index }));
    if (from === 'module') exported.push({ name: memoryImport.name, kind: 2, index: 0 });
    section(module, 7, exported, (out, { name, kind, index }) => out.text(name).byte(kind).unsigned(index));
    section(module, 10, this.#functions, (out, builder) => out.sized(builder.finish()));
    section(module, 11, this.#data, (out, { address, bytes }) => {
      out.byte(0, 0x41).signed(address).byte(0x0b).unsigned(bytes.length).bytes(bytes);
    });
    for (const { name, bytes } of this.#custom) {
      module.byte(0).sized(new ByteWriter().text(name).bytes(bytes));
    }
    return module.finish();
  }
}

function section<T>(
  module: ByteWriter,
  id: number,
  items: readonly T[],
  write: (out: ByteWriter, item: T) => void,
): void {
  if (items.length === 0) return;
  const content = new ByteWriter().unsigned(items.length);
  for (const item of items) write(content, item);
  module.byte(id).sized(content);
}

function writeTypes(out: ByteWriter, types: readonly ValueType[]): void {
  out.unsigned(types.length).byte(...types.map((type) => typeCodes[type]));
}

function writeLimits(
  out: ByteWriter,
  { shared = false, minimum = 1, maximum = shared ? 65536 : undefined }: MemoryOptions,
): void {
  out.byte((maximum === undefined ? 0 : 1) | (shared ? 2 : 0)).unsigned(minimum);
  if (maximum !== undefined) out.unsigned(maximum);
}
