import { describe, expect, it } from 'vitest';
import { colourMapNames, colourPixels, lutSize, makeLut, valueRange } from './colour';

const rgba = (word: number): number[] => [word & 255, (word >> 8) & 255, (word >> 16) & 255, word >>> 24];

describe('makeLut', () => {
  it('runs from viridis purple to viridis yellow, opaque', () => {
    const lut = makeLut('viridis');
    expect(rgba(lut[0])).toEqual([0x44, 0x01, 0x54, 255]);
    expect(rgba(lut[lutSize - 1])).toEqual([0xfd, 0xe7, 0x25, 255]);
  });

  it.each(colourMapNames)('%s grows in lightness', (name) => {
    const lightness = [...makeLut(name)].map((word) => {
      const [r, g, b] = rgba(word);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
    expect(lightness[lutSize - 1]).toBeGreaterThan(lightness[lutSize / 2]);
    expect(lightness[lutSize / 2]).toBeGreaterThan(lightness[0]);
  });
});

describe('colourPixels', () => {
  it('clamps, and leaves what is not measured transparent', () => {
    const lut = makeLut('viridis');
    const pixels = new Uint32Array(7).fill(7);
    colourPixels(Float32Array.of(-5, 0, 5, 10, 99, NaN, Infinity), lut, { low: 0, high: 10 }, pixels);
    expect([...pixels]).toEqual([
      lut[0],
      lut[0],
      lut[lutSize / 2],
      lut[lutSize - 1],
      lut[lutSize - 1],
      0,
      lut[lutSize - 1],
    ]);
  });
});

describe('valueRange', () => {
  it('cuts one per cent at either end and ignores NaN', () => {
    const values = Float32Array.from({ length: 202 }, (_, i) => (i % 2 === 0 ? NaN : (i - 1) / 2));
    values[1] = -1e6;
    values[201] = 1e6;
    expect(valueRange(values, 0.01, 0.99)).toEqual({ low: 1, high: 99 });
    expect(valueRange(values, 0, 1)).toEqual({ low: -1e6, high: 1e6 });
  });

  it('finds the full range of large maps, too', () => {
    const values = new Float32Array(300_000);
    values[123_457] = 9;
    expect(valueRange(values, 0, 1)).toEqual({ low: 0, high: 9 });
  });

  it('has no range without values, and one that is not empty for equal ones', () => {
    expect(valueRange(Float32Array.of(NaN, NaN), 0.01, 0.99)).toBeNull();
    const equal = valueRange(Float32Array.of(5, 5, 5), 0.01, 0.99)!;
    expect(equal.low).toBe(5);
    expect(equal.high).toBeGreaterThan(5);
  });
});
