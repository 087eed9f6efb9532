/** Squared distances are differences of sums, so below this fraction of the largest they are taken for 0. */
const rounding = 1e-14;
const mostSteps = 500;

/**
 * The distances of points to their geometric median (the place in space with the smallest sum of distances to them), from
 * the squared distances between the points alone: the median is an average of the points, with weights that Weiszfeld's
 * iteration finds, in the form of Y. Vardi and C.-H. Zhang, "The multivariate L1-median and associated data depth", PNAS
 * 2000, which passes over the points themselves.
 */
export function distancesToMedian(squared: Float64Array, count: number): Float64Array {
  const least = rounding * squared.reduce((most, value) => Math.max(most, value), 0);
  let weights: Float64Array = new Float64Array(count).fill(1 / count);
  let distances = distancesFrom(weights, squared, least);
  for (let step = 0; step < mostSteps; step++) {
    const next = moved(weights, distances, squared);
    const nextDistances = distancesFrom(next, squared, least);
    if (!(sum(nextDistances) < sum(distances) * (1 - 1e-15))) break;
    weights = next;
    distances = nextDistances;
  }
  return distances;
}

/** One step towards the median from the average with these weights, which has these distances to the points. */
function moved(weights: Float64Array, distances: Float64Array, squared: Float64Array): Float64Array {
  const pulls = distances.map((distance) => (distance > 0 ? 1 / distance : 0));
  const pull = sum(pulls);
  if (pull === 0) return weights;
  const target = pulls.map((one) => one / pull);
  const here = distances.filter((distance) => distance === 0).length;
  if (here === 0) return target;
  // A point at this place holds on to it with force 1; the others pull with `force` together.
  const change = target.map((weight, index) => weight - (weights[index] as number));
  const force = pull * Math.sqrt(Math.max(0, -dot(change, product(squared, change)) / 2));
  const hold = force === 0 ? 1 : Math.min(1, here / force);
  return target.map((weight, index) => (1 - hold) * weight + hold * (weights[index] as number));
}

/** The distances of an average to the points; 0 below `least`, of the squares. */
function distancesFrom(weights: Float64Array, squared: Float64Array, least: number): Float64Array {
  const means = product(squared, weights);
  const spread = dot(weights, means) / 2;
  return means.map((mean) => (mean - spread > least ? Math.sqrt(mean - spread) : 0));
}

function product(matrix: Float64Array, vector: Float64Array): Float64Array {
  return vector.map((_, row) => dot(vector, matrix.subarray(row * vector.length, (row + 1) * vector.length)));
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
