import { describe, expect, it } from 'vitest';
import { axisLabel, binCentres, hasLogLabel, logTicks, withGaps, yRange } from './patternData';

describe('pattern data', () => {
  it('has bins at their centres', () => {
    expect(binCentres({ unit: 'Q_invA', lower: 1, step: 0.5, binCount: 3 })).toEqual([1.25, 1.75, 2.25]);
    expect(axisLabel('Q_invA')).toBe('q (Å⁻¹)');
  });

  it('turns NaN into gaps, and on a log scale everything that has no logarithm', () => {
    const values = Float32Array.of(1, NaN, 0, -2, Infinity);
    expect(withGaps(values, false)).toEqual([1, null, 0, -2, null]);
    expect(withGaps(values, true)).toEqual([1, null, null, null, null]);
  });

  it('has a y range also without data or with a constant', () => {
    expect(yRange(null, null, false)).toEqual([0, 1]);
    expect(yRange(null, null, true)).toEqual([1, 10]);
    expect(yRange(0, 0, false)).toEqual([0, 1]);
    expect(yRange(5, 100, false)).toEqual([0, 106]);
  });

  it('spans at most five decades', () => {
    const [low, high] = yRange(1e-6, 1e6, true);
    expect(high / low).toBeCloseTo(1e5, 3);
  });

  it('labels round ticks of a log axis', () => {
    const few = logTicks(80, 4000);
    expect(few.filter((tick) => hasLogLabel(tick, few))).toEqual([100, 200, 500, 1000, 2000]);
    const many = logTicks(0.5, 3e4);
    expect(many.filter((tick) => hasLogLabel(tick, many))).toEqual([1, 10, 100, 1000, 10000]);
  });
});
