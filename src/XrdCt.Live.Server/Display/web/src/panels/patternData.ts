/** What a pattern plot needs to know, apart from drawing. */
import type { RadialAxis } from '../live/protocol';

/** Label of the radial axis. */
export function axisLabel(unit: RadialAxis['unit']): string {
  return (
    {
      TwoTheta_deg: '2θ (°)',
      TwoTheta_rad: '2θ (rad)',
      Q_invA: 'q (Å⁻¹)',
      Q_invnm: 'q (nm⁻¹)',
      R_mm: 'r (mm)',
      D_A: 'd (Å)',
    }[unit] ?? unit
  );
}

/** Centres of the bins. */
export function binCentres(axis: RadialAxis): number[] {
  return Array.from({ length: axis.binCount }, (_, k) => axis.lower + (k + 0.5) * axis.step);
}

/** Values as uPlot wants them: a gap is null (one NaN would leave the plot blank), and so is ≤ 0 on a log scale. */
export function withGaps(values: Float32Array, logarithmic: boolean): (number | null)[] {
  return Array.from(values, (value) => (Number.isFinite(value) && (!logarithmic || value > 0) ? value : null));
}

/** Most decades that a log scale spans, so that one near-empty bin does not flatten the rest. */
const maxDecades = 5;

/** Range of the y axis around the data; a fixed one while there are none. */
export function yRange(low: number | null, high: number | null, logarithmic: boolean): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) {
    return logarithmic ? [1, 10] : [0, 1];
  }

  if (!logarithmic) {
    const bottom = Math.min(0, low);
    return [bottom, high > bottom ? high + 0.06 * (high - bottom) : bottom + 1];
  }

  const top = high * 1.3;
  return [Math.max(low / 1.3, top / 10 ** maxDecades), top];
}

/** 1…9 times the powers of ten within the range. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); 10 ** exponent <= high; exponent++) {
    for (let digit = 1; digit <= 9; digit++) {
      const tick = digit * 10 ** exponent;
      if (tick >= low && tick <= high) {
        ticks.push(tick);
      }
    }
  }

  return ticks;
}

/** Which of them are labelled: powers of ten, and over less than two decades also 2 and 5 times them. */
export function hasLogLabel(tick: number, ticks: readonly number[]): boolean {
  const digit = Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9));
  const few = ticks[ticks.length - 1] / ticks[0] < 100;
  return digit === 1 || (few && (digit === 2 || digit === 5));
}
