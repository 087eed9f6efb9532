export { stripPruning } from './strip-pruning.js';
