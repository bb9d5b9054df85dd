/** Judgements on the state that are worth a test. */
import type { State } from './protocol';

/** Shortest silence that counts as a stall, s. */
const minimumStall_s = 3;

/** A stall is a silence of several mean frame periods: a scan with 10 s exposures is not stalled after 4 s. */
const stallPeriods = 3;

/** Seconds since the last frame, counted on from when the state came; NaN before the first frame. */
export function frameAge_s(state: State, stateAt_ms: number, now_ms: number): number {
  return state.lastFrameAge_s + (now_ms - stateAt_ms) / 1000;
}

/** Whether frames should be coming but are not. */
export function isStale(state: State, age_s: number): boolean {
  const { placed } = state.counters;
  const period_s = placed > 0 ? (state.elapsed_s - state.lastFrameAge_s) / placed : 0;
  return state.phase === 'Running' && age_s > Math.max(minimumStall_s, stallPeriods * period_s);
}

/** The missing wedge, degrees, as the server judges it; null where there is none worth a warning, or nothing measured. */
export function missingWedge_deg(state: Pick<State, 'confidence'>): number | null {
  return state.confidence !== null && state.confidence.wedge_deg > 0 ? state.confidence.wedge_deg : null;
}

/** Share of the cells that are measured, 0…1. */
export function coverage(state: State): number {
  return state.cellCount > 0 ? state.counters.placed / state.cellCount : 0;
}

/** Per rotation the share of measured cells, 0…1. */
export function coverageByRotation(
  values: Float32Array,
  rotationCount: number,
  translationCount: number,
): Float32Array {
  const shares = new Float32Array(rotationCount);
  for (let rotation = 0; rotation < rotationCount; rotation++) {
    let measured = 0;
    for (let i = rotation * translationCount; i < (rotation + 1) * translationCount; i++) {
      measured += Number.isNaN(values[i]) ? 0 : 1;
    }

    shares[rotation] = measured / translationCount;
  }

  return shares;
}

/** Whether nothing more will come. */
export function hasEnded(state: State): boolean {
  return state.phase === 'Complete' || state.phase === 'Incomplete' || state.phase === 'Failed';
}

/** Frames placed per second from the first to the last one, Hz; NaN when that took no time. */
export function meanRate_Hz(state: State): number {
  return state.elapsed_s > 0 ? state.counters.placed / state.elapsed_s : NaN;
}

/** Runs of neighbours with the same value, as [first, end) and the value: what is drawn in one go shows no seams. */
export function runsOf(
  values: Float32Array,
): { readonly first: number; readonly end: number; readonly value: number }[] {
  const runs: { first: number; end: number; value: number }[] = [];
  values.forEach((value, i) => {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.value === value) {
      last.end = i + 1;
    } else {
      runs.push({ first: i, end: i + 1, value });
    }
  });
  return runs;
}
