export { loadH5, loadWeightsH5 } from './h5/load-h5.js';
export { saveH5 } from './h5/save-h5.js';
