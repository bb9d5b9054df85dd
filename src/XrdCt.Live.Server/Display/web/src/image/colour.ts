/** Values to colours: perceptually uniform, colour-blind-safe maps, and the contrast that suits noisy data. */
import { rgb } from 'd3-color';
import {
  interpolateCividis,
  interpolateGreys,
  interpolateInferno,
  interpolateMagma,
  interpolateViridis,
} from 'd3-scale-chromatic';

const interpolators = {
  viridis: interpolateViridis,
  cividis: interpolateCividis,
  inferno: interpolateInferno,
  magma: interpolateMagma,
  grey: (t: number) => interpolateGreys(1 - t),
} as const;

export type ColourMapName = keyof typeof interpolators;
export const colourMapNames = Object.keys(interpolators) as ColourMapName[];

export const lutSize = 256;

/** Pixels as `ImageData` stores them, one 32-bit word each (little endian: alpha in the highest byte). */
export function makeLut(name: ColourMapName): Uint32Array {
  const lut = new Uint32Array(lutSize);
  for (let i = 0; i < lutSize; i++) {
    const { r, g, b } = rgb(interpolators[name](i / (lutSize - 1)));
    lut[i] = ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
  }

  return lut;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

export type Contrast = 'percentile' | 'full' | 'locked';

/** Above this many values percentiles are taken of a subset: the clock sees the difference, the eye does not. */
const maxSorted = 16_384;

/**
 * The range that the colours span, from two quantiles of the finite values; 0 and 1 give the full range.
 * Null when there is no finite value; widened when all are equal.
 */
export function valueRange(values: Float32Array, lower: number, upper: number): Range | null {
  const stride = Math.max(1, Math.floor(values.length / maxSorted));
  const full = lower === 0 && upper === 1;
  const sample = new Float32Array(full ? values.length : Math.ceil(values.length / stride));
  let count = 0;
  for (let i = 0; i < values.length; i += full ? 1 : stride) {
    if (Number.isFinite(values[i])) {
      sample[count++] = values[i];
    }
  }

  if (count === 0) {
    return null;
  }

  const sorted = sample.subarray(0, count).sort();
  const low = sorted[Math.floor(lower * (count - 1))];
  const high = sorted[Math.ceil(upper * (count - 1))];
  return high > low ? { low, high } : { low, high: low + Math.max(1e-12, Math.abs(low) * 1e-6) };
}

/** Colours values; what is not a number becomes transparent, so that whatever lies below says "not measured". */
export function colourPixels(values: Float32Array, lut: Uint32Array, range: Range, pixels: Uint32Array): void {
  const scale = lutSize / (range.high - range.low);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    // Comparing NaN is false both ways, hence the explicit question.
    pixels[i] = Number.isNaN(value)
      ? 0
      : lut[Math.min(lutSize - 1, Math.max(0, Math.floor((value - range.low) * scale)))];
  }
}

/** The same colour for CSS. */
export function cssColour(word: number): string {
  return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
}
