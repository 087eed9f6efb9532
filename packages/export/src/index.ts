export { stripPruning } from '@secateur/layers';
