import type { GraphRule } from '../graph-scope.js';
import { refuse } from '../layer-scope.js';
import { fusedPart } from './fused-part.js';

const product =
  (isBatched: boolean): GraphRule =>
  async (scope) => {
    const matrix = scope.constant(1);
    const isTransposed = scope.attribute('transposeB') === true;
    if (matrix?.rank !== 2 || matrix.dtype !== 'float32')
      return refuse('its second operand is no constant matrix');
    if (scope.attribute('transposeA') === true) return refuse('its first operand is transposed');
    const [rows = 1, columns = 1] = isTransposed ? [...matrix.shape].reverse() : matrix.shape;
    const fused = await fusedPart(scope, columns);
    if ('reason' in fused) return fused;
    const weights = await scope.filter(matrix, isTransposed);
    const x = await scope.value(0);
    if (!isBatched) scope.assume(x, [null, rows]);
    if (scope.shape(x)?.at(-1) !== rows) return refuse('the columns of its first operand');
    return scope.emit({ kind: 'product', weights, ...fused }, [x]);
  };

export const productRules: Readonly<Record<string, GraphRule>> = {
  MatMul: product(false),
  _FusedMatMul: product(false),
  BatchMatMul: product(true),
  BatchMatMulV2: product(true),
};
