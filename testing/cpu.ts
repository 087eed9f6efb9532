// The union package adds the chained tensor methods that layers' own initializers call.
import '@tensorflow/tfjs';

import { setBackend } from '@tensorflow/tfjs-core';

await setBackend('cpu');
