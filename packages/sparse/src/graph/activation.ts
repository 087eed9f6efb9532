/**
 * A function of single elements:
 * linear x; relu max(x, 0); relu6 min(max(x, 0), 6); leakyRelu x < 0 ? alpha x : x; prelu the same with a slope per channel;
 * elu x < 0 ? alpha (e^x - 1) : x; sigmoid 1 / (1 + e^-x); tanh; swish x sigmoid(x).
 */
export type Activation =
  | { readonly kind: 'linear' | 'relu' | 'relu6' | 'sigmoid' | 'tanh' | 'swish' }
  | { readonly kind: 'leakyRelu' | 'elu'; readonly alpha: number }
  | { readonly kind: 'prelu'; readonly slopes: Float32Array };

/** The activation that changes nothing. */
export const linear: Activation = { kind: 'linear' };

/** Whether kernels apply an activation as they store their results: those of a few instructions. */
export function isLight({ kind }: Activation): boolean {
  return kind !== 'elu' && kind !== 'sigmoid' && kind !== 'tanh' && kind !== 'swish';
}
