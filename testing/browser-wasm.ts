// The union package adds the chained tensor methods that layers' own initializers call.
import '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { startBackend } from './start-backend.js';

setWasmPaths('/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
await startBackend('wasm');
