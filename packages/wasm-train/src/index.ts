export { registerWasmTraining } from './register.js';
export { WasmTrainError, type WasmTrainErrorDetails } from './wasm-train-error.js';
