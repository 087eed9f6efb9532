// The union package adds the chained tensor methods that layers' own initializers call.
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgl';
import { startBackend } from './start-backend.js';

await startBackend('webgl');
