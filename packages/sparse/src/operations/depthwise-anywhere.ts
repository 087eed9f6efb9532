import type { Local } from '@secateur/wasm-emit';
import type { Activation } from '../graph/activation.js';
import type { Window } from '../graph/window.js';
import { emitEpilogue, epilogueKey } from '../kernels/epilogue.js';
import type { Address } from '../program/address.js';
import type { Lowering } from '../program/lowering.js';
import type { Operand } from './operation-rule.js';
import { lowerWindow } from './window-kernel.js';
import { emitReduction, type Reduction } from './window-reduction.js';

/** A depthwise convolution of at least four channels with a multiplier of 1, its constants in memory. */
export interface DepthwiseCall {
  readonly x: Operand;
  readonly y: Operand;
  readonly window: Window;
  /** One of the light ones. */
  readonly activation: Activation;
  /** [height, width, channels] */
  readonly filter: Address;
  /** [channels] */
  readonly bias: Address;
  /** [channels]; any address when the activation has none. */
  readonly slopes: Address;
}

/** Adds the step for a depthwise convolution with any window. */
export function lowerAnyDepthwise(lowering: Lowering, call: DepthwiseCall): void {
  const { filter, bias, slopes, activation } = call;
  const key = `depthwise ${epilogueKey(activation)}`;
  lowerWindow(lowering, key, { ...call, extra: [filter, bias, slopes] }, (scope) => {
    const { f, extra } = scope;
    const [filterAt, biasAt, slopesAt] = extra as [Local, Local, Local];
    const temporary = f.local('v128');
    const reduction: Reduction = {
      byRow: false,
      fill: () => f.v128Zero(),
      join(into, loadTap) {
        loadTap();
        f.op('f32x4Mul').get(into).op('f32x4Add').set(into);
      },
      finish(load) {
        load(biasAt);
        f.op('f32x4Add');
        emitEpilogue(f, activation, { temporary, pushSlopes: () => load(slopesAt) });
      },
    };
    emitReduction(scope, reduction, filterAt);
  });
}
