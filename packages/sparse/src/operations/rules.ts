import type { Operation } from '../graph/operation.js';
import { activate } from './activate.js';
import { affine } from './affine.js';
import { binary } from './binary.js';
import { concatenate } from './concatenate.js';
import { convolution, product } from './convolution.js';
import { depthwise } from './depthwise.js';
import { globalPool } from './global-pool.js';
import type { OperationRule } from './operation-rule.js';
import { pad } from './pad.js';
import { pool } from './pool.js';
import { reshape } from './reshape.js';
import { softmax } from './softmax.js';

/** What is known of each kind of operation. */
const rules: { readonly [K in Operation['kind']]: OperationRule<Extract<Operation, { kind: K }>> } = {
  convolution,
  product,
  depthwise,
  pool,
  globalPool,
  pad,
  affine,
  activate,
  softmax,
  binary,
  concatenate,
  reshape,
};

/** What is known of an operation. */
export function ruleOf<O extends Operation>(operation: O): OperationRule<O> {
  // The compiler can't follow that the rule of an operation's kind takes that operation.
  return rules[operation.kind] as unknown as OperationRule<O>;
}
