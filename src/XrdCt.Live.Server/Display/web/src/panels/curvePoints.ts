/**
 * Points of a line in a box of 100 × 30: shares of the scan to the right, values from 0 to 1 upwards. Values below 0 lie on the base; what is
 * not known is left out.
 */
export function curvePoints(fractions: ArrayLike<number>, values: ArrayLike<number>): string {
  return Array.from(fractions, (fraction, i) => [fraction, values[i]] as const)
    .filter(([, value]) => Number.isFinite(value))
    .map(([fraction, value]) => `${(100 * fraction).toFixed(1)},${(30 * (1 - Math.max(0, value))).toFixed(1)}`)
    .join(' ');
}
