import { extent, mean } from 'd3-array';
import type { Row } from '../row.js';
import type { Point } from './curve.js';

/** The same place of a curve, of several seeds. */
type PerSeed = readonly Point[];

/**
 * The rows of a curve, the dense network first. `widths` are the first seed's, `macs` the mean; `errorPercent` is the mean over
 * seeds, `spread` the highest less the lowest, both in points.
 */
export function rowsOf(net: string, dense: PerSeed, curve: readonly PerSeed[]): Row[] {
  const denseError = errorOf(dense);
  const denseMacs = macsOf(dense);
  return [dense, ...curve].map((place) => ({
    net,
    widths: place[0]?.widths ?? '',
    keptMacs: Number((macsOf(place) / denseMacs).toFixed(4)),
    macs: Math.round(macsOf(place)),
    errorPercent: rounded(errorOf(place)),
    denseErrorPercent: rounded(denseError),
    spread: rounded(spreadOf(place)),
    errors: place.map(({ errorPercent }) => errorPercent.toFixed(2)).join(' / '),
  }));
}

function errorOf(place: PerSeed): number {
  return mean(place, ({ errorPercent }) => errorPercent) ?? Number.NaN;
}

function macsOf(place: PerSeed): number {
  return mean(place, ({ macs }) => macs) ?? Number.NaN;
}

function spreadOf(place: PerSeed): number {
  const [low = Number.NaN, high = Number.NaN] = extent(place, ({ errorPercent }) => errorPercent);
  return high - low;
}

function rounded(percent: number): number {
  return Number(percent.toFixed(3));
}
