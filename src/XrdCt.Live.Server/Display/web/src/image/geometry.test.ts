import { describe, expect, it } from 'vitest';
import {
  extent,
  fitRect,
  fromScreen,
  pixelAt,
  positionOf,
  rayOf,
  rotationAxis,
  scaleBarLength,
  sliceAxis,
  toScreen,
  translationAxis,
  translationOf,
} from './geometry';

describe('axes', () => {
  it('put the rotation axis at the centre of pixel floor(size / 2)', () => {
    expect(positionOf(sliceAxis(101, 10), 50)).toBe(0);
    expect(positionOf(sliceAxis(100, 10), 50)).toBe(0);
    expect(extent(sliceAxis(101, 10))).toEqual([-505, 505]);
    expect(extent(sliceAxis(100, 10))).toEqual([-505, 495]);
    expect(positionOf(translationAxis(251, 1), 125)).toBe(0);
  });

  it('divide the rotation range evenly, the last angle one step before its end', () => {
    const axis = rotationAxis(80, 180);
    expect(positionOf(axis, 0)).toBe(0);
    expect(positionOf(axis, 79)).toBe(177.75);
  });
});

describe('screen', () => {
  const axis = sliceAxis(4, 10);

  it('row 0 is at the top: screen and coordinate grow together', () => {
    expect(toScreen(axis, 100, 40, -20)).toBe(105);
    expect(toScreen(axis, 100, 40, 10)).toBe(135);
  });

  it('pixelAt finds every pixel that toScreen places, and nothing outside', () => {
    for (let i = 0; i < 4; i++) {
      expect(pixelAt(axis, 100, 40, toScreen(axis, 100, 40, positionOf(axis, i)))).toBe(i);
    }

    expect(pixelAt(axis, 100, 40, 99.9)).toBeNull();
    expect(pixelAt(axis, 100, 40, 140)).toBeNull();
  });

  it('fromScreen is where toScreen puts a coordinate', () => {
    for (const value of [-20, -7.25, 0, 12, 300]) {
      expect(fromScreen(axis, 100, 40, toScreen(axis, 100, 40, value))).toBeCloseTo(value, 9);
    }

    expect(fromScreen(axis, 100, 40, 100)).toBe(-25);
  });

  it('fits with the aspect kept and centred', () => {
    expect(fitRect({ x: 10, y: 0, width: 200, height: 100 }, 1)).toEqual({ x: 60, y: 0, width: 100, height: 100 });
    expect(fitRect({ x: 0, y: 0, width: 100, height: 200 }, 2)).toEqual({ x: 0, y: 75, width: 100, height: 50 });
  });

  it('chooses round scale bars', () => {
    expect(scaleBarLength(1010)).toBe(200);
    expect(scaleBarLength(251)).toBe(50);
    expect(scaleBarLength(40)).toBe(10);
  });
});

describe('projection', () => {
  it('follows t = x cos θ − y sin θ', () => {
    expect(translationOf(30, 70, 0)).toBeCloseTo(30, 9);
    expect(translationOf(30, 70, 90)).toBeCloseTo(-70, 9);
    expect(translationOf(30, 70, 180)).toBeCloseTo(-30, 9);
  });

  it('every point of a ray is hit at its translation', () => {
    const [x1, y1, x2, y2] = rayOf(37, -120, 500);
    for (const share of [0, 0.3, 1]) {
      expect(translationOf(x1 + share * (x2 - x1), y1 + share * (y2 - y1), 37)).toBeCloseTo(-120, 9);
    }

    expect(Math.hypot(x2 - x1, y2 - y1)).toBeCloseTo(1000, 9);
  });
});
