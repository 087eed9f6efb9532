export { ExportError, type ExportErrorDetails } from './export-error.js';
export { type NodeFileHandler, type NodeFileOptions, nodeFile } from './node-file.js';
export {
  compareSizes,
  fileSize,
  type ModelSizes,
  modelSize,
  type SizeComparison,
  type Sizes,
} from './sizes.js';
