import { describe, expect, it } from 'vitest';
import { coverage, coverageByRotation, frameAge_s, isStale, meanRate_Hz, missingWedge_deg, runsOf } from './health';
import type { State } from './protocol';

function state(changes: Partial<State>, placed = 1000): State {
  return {
    phase: 'Running',
    elapsed_s: 20,
    lastFrameAge_s: 0,
    cellCount: 4000,
    projectionCount: 10,
    largestGap_deg: 2.25,
    counters: { placed },
    ...changes,
  } as State;
}

describe('isStale', () => {
  it('is silent up to three seconds at 50 frames per second', () => {
    expect(isStale(state({}), 2.9)).toBe(false);
    expect(isStale(state({}), 3.1)).toBe(true);
  });

  it('waits three periods of slow exposures', () => {
    const slow = state({ elapsed_s: 100 }, 10);
    expect(isStale(slow, 25)).toBe(false);
    expect(isStale(slow, 31)).toBe(true);
  });

  it('says nothing while waiting, at the end and before the first frame', () => {
    expect(isStale(state({ phase: 'Waiting' }), 100)).toBe(false);
    expect(isStale(state({ phase: 'Complete' }), 100)).toBe(false);
    expect(isStale(state({}, 0), NaN)).toBe(false);
  });
});

describe('frameAge_s', () => {
  it('counts on from when the state came', () => {
    expect(frameAge_s(state({ lastFrameAge_s: 0.5 }), 1000, 3500)).toBe(3);
  });
});

describe('missingWedge_deg', () => {
  const judged = (wedge_deg: number) => state({ largestGap_deg: 97, confidence: { wedge_deg } as State['confidence'] });

  it('is what the server judges, whatever the gap', () => {
    expect(missingWedge_deg(judged(97))).toBe(97);
    expect(missingWedge_deg(judged(0))).toBeNull();
    expect(missingWedge_deg(state({ largestGap_deg: 180, confidence: null }))).toBeNull();
  });
});

describe('coverage', () => {
  it('is the share of placed cells', () => {
    expect(coverage(state({}))).toBe(0.25);
    expect(coverage(state({ cellCount: 0 }, 0))).toBe(0);
  });

  it('is counted per rotation', () => {
    expect(coverageByRotation(Float32Array.of(1, 0, NaN, 4, NaN, NaN), 3, 2)).toEqual(Float32Array.of(1, 0.5, 0));
  });
});

describe('meanRate_Hz', () => {
  it('is placed frames over time', () => {
    expect(meanRate_Hz(state({}))).toBe(50);
    expect(meanRate_Hz(state({ elapsed_s: 0 }))).toBeNaN();
  });
});

describe('runsOf', () => {
  it('joins equal neighbours', () => {
    expect(runsOf(Float32Array.of(1, 1, 0.5, 1))).toEqual([
      { first: 0, end: 2, value: 1 },
      { first: 2, end: 3, value: 0.5 },
      { first: 3, end: 4, value: 1 },
    ]);
  });
});
