import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import golden from '../../../../../../tests/Golden/display/messages.bin?inline';
import { counterNames, decodeMessages, type LiveMessage, toFloat32 } from './protocol';

function goldenMessages(): Record<string, LiveMessage> {
  const bytes = Uint8Array.from(atob(golden.split(',')[1]), (c) => c.charCodeAt(0));
  return Object.fromEntries(decodeMessages(bytes.buffer).map((message) => [message.kind, message]));
}

function body<T>(kind: string): T {
  return goldenMessages()[kind].body as T;
}

function message(key: string, content: unknown): ArrayBuffer {
  return encode([key, content]).slice().buffer;
}

describe('decodeMessages, of what the server encodes', () => {
  it('finds one message of each kind, in order', () => {
    expect(Object.keys(goldenMessages())).toEqual(['scan', 'state', 'roi', 'pattern', 'sinogram', 'slice']);
  });

  it('reads a scan', () => {
    expect(body('scan')).toEqual({
      title: 'Disc 7, µ-scan',
      source: 'tcp://127.0.0.1:31001',
      note: 'about 3 minutes',
      plan: { translationCount: 3, rotationCount: 2, step_um: 10, range_deg: 180, order: 'interlaced' },
      axis: { unit: 'Q_invA', lower: 0.5, step: 0.5, binCount: 4 },
      channels: [
        { name: 'total', kind: 'Total', lower: -Infinity, upper: Infinity },
        { name: 'peak 003', kind: 'Peak', lower: 1.25, upper: 1.5 },
      ],
    });
  });

  it('reads a state with all its counters', () => {
    const state = body<import('./protocol').State>('state');
    expect(state).toMatchObject({
      phase: 'Incomplete',
      message: 'the detector ended early',
      cellCount: 6,
      rate_Hz: 47.5,
      latency_ms: NaN,
      latency95_ms: 61.25,
      lastFrameAge_s: 0.5,
      elapsed_s: 12,
      remaining_s: NaN,
      framesQueued: 13,
      patternsQueued: 14,
      projectionCount: 1,
      largestGap_deg: 180,
      savedPath: '/data/disc 7.nxs',
      volumeProjectionCount: 1,
      volumeLag_s: 1.5,
      overlapResidual: 0.03125,
      reconstruction: { filter: 'hann', axis_px: 1.25, air: false },
      axisFromData_px: 0.875,
      reconstructionLag_s: 2.5,
      confidence: {
        wedge_deg: 180,
        halfSetCorrelation: 0.75,
        noiseToSignal: 0.125,
        fractions: Float32Array.of(0.25, 0.5),
        halfSetCorrelations: Float32Array.of(NaN, 0.75),
      },
    });
    expect(state.confidence!.sentence).toMatch(/^limited angle: 180° of 180° not measured/);
    expect(Object.keys(state.counters).sort()).toEqual([...counterNames].sort());
    expect(state.counters).toMatchObject({ received: 70001, placed: 3, outOfOrder: 5, truncated: 7, missing: 12 });
  });

  it('reads a suggestion', () => {
    expect(body('roi')).toEqual({
      explanation: 'one place',
      mayStop: true,
      stopReason: 'it may stop',
      fractions: Float32Array.of(0.25, 0.5),
      scores: Float32Array.of(0.5, 0.91),
      scoreSigmas: Float32Array.of(NaN, 0.0625),
      zones: [{ x_um: 30, y_um: -40.5, radius_um: 25 }],
      zonesRevision: 1_790_000_000_007,
      candidates: [
        {
          x_um: -110,
          y_um: 60,
          radius_um: 125.5,
          materialFraction: 0.97,
          edgeDistance_um: 372,
          score: 0.91,
          scoreSigma: 0.0625,
          terms: [
            { name: 'material total', value: 0.97, weight: 0.75, finding: '97 % of L' },
            { name: 'edge', value: 0.73, weight: 0.25, finding: '372 µm' },
          ],
        },
      ],
    });
  });

  it('reads float arrays at any alignment, NaN included', () => {
    expect(body('pattern')).toEqual({
      frameIndex: 41,
      current: Float32Array.of(1, NaN, 3, 4),
      mean: Float32Array.of(2, 2, NaN, 2),
    });
    expect(body('sinogram')).toEqual({
      channel: 'total',
      rotationCount: 2,
      translationCount: 3,
      values: Float32Array.of(1, 2, 3, NaN, 5, NaN),
    });
    expect(body('slice')).toEqual({
      channel: 'total',
      size: 2,
      pixelSize_um: 10,
      projectionCount: 1,
      values: Float32Array.of(1, -2, NaN, 4e5),
    });
  });
});

describe('decodeMessages, of anything else', () => {
  it('leaves out keys of a newer server', () => {
    expect(decodeMessages(message('lattice/a', { values: [] }))).toEqual([]);
  });

  it.each([
    ['a bare number', encode(5).slice().buffer, 'array of key and body'],
    [
      'a slice that is too short',
      message('slice/total', { channel: 'total', size: 3, values: new Uint8Array(4) }),
      '1 values instead of 9',
    ],
    [
      'a slice of half floats',
      message('slice/total', { channel: 'total', size: 1, values: new Uint8Array(2) }),
      'not an array of float32',
    ],
    [
      'a state without counters',
      message('state', { phase: 'Running', message: '' }),
      'a state message has no counters',
    ],
  ])('refuses %s', (_, data, sentence) => {
    expect(() => decodeMessages(data)).toThrow(sentence);
  });
});

describe('toFloat32', () => {
  it('copies from an offset that is no multiple of four', () => {
    const bytes = new Uint8Array(13);
    bytes.set(new Uint8Array(Float32Array.of(1.5, -2.25, NaN).buffer), 1);
    const values = toFloat32(bytes.subarray(1), 3, 'values');
    expect(values).toEqual(Float32Array.of(1.5, -2.25, NaN));
    expect(values.byteOffset).toBe(0);
  });
});
