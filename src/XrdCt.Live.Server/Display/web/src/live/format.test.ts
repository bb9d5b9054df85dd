import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatDuration,
  formatLatency,
  formatMicrometres,
  formatPercent,
  formatRate,
  formatScore,
  formatValue,
} from './format';

describe('format', () => {
  it.each([
    [formatCount(62750), '62\u202f750'],
    [formatCount(999), '999'],
    [formatCount(NaN), '–'],
    [formatValue(0), '0'],
    [formatValue(-40), '−40'],
    [formatValue(0.12345), '0.123'],
    [formatValue(8080.4), '8\u202f080'],
    [formatValue(-8080.4), '−8\u202f080'],
    [formatValue(1.234e7), '1.23·10⁷'],
    [formatValue(-5e-6), '−5.00·10⁻⁶'],
    [formatValue(Infinity), '–'],
    [formatDuration(0.2), '0 s'],
    [formatDuration(72), '1 min 12 s'],
    [formatDuration(59.7), '1 min 00 s'],
    [formatDuration(7320), '2 h 02 min'],
    [formatDuration(NaN), '–'],
    [formatLatency(3.24).join(' '), '3.2 ms'],
    [formatLatency(38.4).join(' '), '38 ms'],
    [formatLatency(12345).join(' '), '12.3 s'],
    [formatRate(47.25), '47.3'],
    [formatRate(1500), '1\u202f500'],
    [formatPercent(0.999), '99'],
    [formatPercent(1), '100'],
    [formatScore(0.9134, NaN), '0.91'],
    [formatScore(0.9134, 0.0625), '0.91 ± 0.06'],
    [formatScore(0.9134, 0.2), '0.91 ± 0.20'],
    [formatScore(0.9134, 0.0031), '0.913 ± 0.003'],
    [formatScore(0.9134, 1e-7), '0.9134 ± 0.0000'],
    [formatScore(NaN, NaN), '–'],
    [formatMicrometres(-0.3), '0 µm'],
    [formatMicrometres(-120), '−120 µm'],
  ])('%s', (formatted, expected) => {
    expect(formatted).toBe(expected);
  });
});
