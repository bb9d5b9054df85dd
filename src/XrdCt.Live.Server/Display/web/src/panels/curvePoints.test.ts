import { describe, expect, it } from 'vitest';
import { curvePoints } from './curvePoints';

describe('curvePoints', () => {
  it('goes right with the scan and up with the value', () => {
    expect(curvePoints(Float32Array.of(0.25, 0.5, 1), Float32Array.of(0, 0.5, 1))).toBe('25.0,30.0 50.0,15.0 100.0,0.0');
  });

  it('leaves out what is not known, and keeps negative values on the base', () => {
    expect(curvePoints([0.1, 0.2, 0.3], [NaN, -0.5, 0.9])).toBe('20.0,30.0 30.0,3.0');
  });
});
