export {
  type AtomicInstruction,
  FunctionBuilder,
  type Label,
  type LaneMemoryInstruction,
  type Local,
  type MemoryInstruction,
  type PlainInstruction,
  type Signature,
} from './function-builder.js';
export { type MemoryOptions, ModuleBuilder } from './module-builder.js';
export type { ValueType } from './value-type.js';
export { WasmEmitError } from './wasm-emit-error.js';
