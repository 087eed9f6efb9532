import type { FunctionBuilder, Local } from '@secateur/wasm-emit';
import type { Activation } from '../graph/activation.js';

/** What a light activation's code needs besides x. */
export interface EpilogueOperands {
  /** A v128 that may be overwritten; for leakyRelu and prelu. */
  readonly temporary: Local;
  /** Pushes the slopes of the vector's channels; for prelu. */
  readonly pushSlopes?: () => void;
}

/**
 * Replaces the vector of float32 on top of the stack by its activation, a light one. NaN stays NaN: a `pmax` or `pmin` gives
 * its first operand then.
 */
export function emitEpilogue(f: FunctionBuilder, activation: Activation, operands: EpilogueOperands): void {
  const { temporary, pushSlopes } = operands;
  switch (activation.kind) {
    case 'relu':
      f.v128Zero().op('f32x4Pmax');
      break;
    case 'relu6':
      f.v128Zero().op('f32x4Pmax').f32Const(6).op('f32x4Splat', 'f32x4Pmin');
      break;
    case 'leakyRelu':
      whereNegative(() => f.f32Const(activation.alpha).op('f32x4Splat'));
      break;
    case 'prelu':
      whereNegative(() => pushSlopes?.());
      break;
    default:
  }

  /** x where it is not below 0, x times the slope elsewhere. */
  function whereNegative(pushSlope: () => void): void {
    f.set(temporary).get(temporary).get(temporary);
    pushSlope();
    f.op('f32x4Mul').get(temporary).v128Zero().op('f32x4Lt');
    // bitselect(x, x slope, mask) takes x where the mask is set, so the operands are turned by negating the mask.
    f.op('v128Not', 'v128Bitselect');
  }
}

/** What an epilogue's code depends on, for the key of a kernel. */
export function epilogueKey(activation: Activation): string {
  return activation.kind === 'leakyRelu' ? `leakyRelu(${activation.alpha})` : activation.kind;
}
