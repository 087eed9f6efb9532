import type { Weights } from '../../graph/weights.js';

/** The largest magnitude of a weight in steps. */
const most = 127;
/** What rounding may have added to a weight, as a share of it: no more than the sums lose anyway. */
const tolerance = 2 ** -21;

/**
 * The step of each output channel of quantized weights: all of its weights are multiples of it, by -127 to 127, as float32 can
 * tell. `undefined` when that isn't so.
 */
export function int8Scales({ values, shape }: Weights): Float32Array | undefined {
  const outChannels = shape[3];
  const scales = new Float32Array(outChannels);
  for (let channel = 0; channel < outChannels; channel += 1) {
    const scale = scaleOf(values, channel, outChannels);
    if (scale === undefined) return undefined;
    scales[channel] = scale;
  }
  return scales;
}

function scaleOf(values: Float32Array, channel: number, outChannels: number): number | undefined {
  let largest = 0;
  for (let at = channel; at < values.length; at += outChannels) {
    largest = Math.max(largest, Math.abs(values[at] as number));
  }
  if (largest === 0) return 1;
  let divisor = largest;
  for (let at = channel; at < values.length; at += outChannels) {
    const steps = Math.round(
      largest / commonDivisor(divisor, Math.abs(values[at] as number), largest / (4 * most)),
    );
    if (!(steps <= most)) return undefined;
    // The largest is a multiple of it, so that errors of rounding don't add up.
    divisor = largest / steps;
  }
  const scale = Math.fround(divisor);
  for (let at = channel; at < values.length; at += outChannels) {
    const value = values[at] as number;
    if (!(Math.abs(value - scale * Math.round(value / scale)) <= tolerance * Math.abs(value)))
      return undefined;
  }
  return scale;
}

/** The greatest common divisor of two numbers, where remainders below `least` are errors of rounding. */
function commonDivisor(a: number, b: number, least: number): number {
  let [divisor, rest] = [a, b];
  while (rest > least) {
    const quotient = Math.round(divisor / rest);
    [divisor, rest] = [rest, Math.abs(divisor - quotient * rest)];
  }
  return divisor;
}
