import { isLight } from '../graph/activation.js';
import type { Affine } from '../graph/operation.js';
import { channelsOf } from '../graph/shape.js';
import { emitEpilogue, epilogueKey } from '../kernels/epilogue.js';
import { SparseError } from '../sparse-error.js';
import { checkSlopes, lowerActivation } from './activate.js';
import { activationBound } from './activation-bound.js';
import { lowerChannelwise } from './channel-kernel.js';
import type { OperationRule } from './operation-rule.js';

export const affine: OperationRule<Affine> = {
  outputShape({ scale, shift, activation }, [shape = []]) {
    if (scale.length !== channelsOf(shape) || shift.length !== channelsOf(shape)) {
      throw new SparseError(`a scale of ${scale.length} channels got an input of shape [${shape}]`, {
        option: 'input',
        value: shape,
      });
    }
    checkSlopes(activation, shape);
    return shape;
  },
  bound({ scale, shift, activation }, [bound = 0]) {
    let most = 0;
    scale.forEach((factor, channel) => {
      most = Math.max(most, Math.abs(factor) * bound + Math.abs(shift[channel] ?? 0));
    });
    return activationBound(activation, most);
  },
  lower({ scale, shift, activation }, { inputs: [x], output, lowering }) {
    if (x === undefined) return;
    const light = isLight(activation);
    const constants = [scale, shift, ...(activation.kind === 'prelu' ? [activation.slopes] : [])];
    const key = `affine ${light ? epilogueKey(activation) : 'linear'}`;
    lowerChannelwise(lowering, key, { x, y: output, constants }, (f) => {
      const temporary = f.local('v128');
      return (load, constant) => {
        load();
        constant(0);
        f.op('f32x4Mul');
        constant(1);
        f.op('f32x4Add');
        if (light) {
          emitEpilogue(f, activation, { temporary, pushSlopes: () => constant(2) });
        }
      };
    });
    if (!light) lowerActivation(activation, output, output, lowering);
  },
};
