/**
 * The messages of the server, as `Display/DisplayMessages.cs` writes them: one WebSocket message holds any number of
 * MessagePack arrays `[key, body]`. Names carry their units. NaN means "not measured" or "not known".
 */
import { decodeMulti } from '@msgpack/msgpack';

export type Values = Float32Array<ArrayBuffer>;

export interface ScanPlan {
  readonly translationCount: number;
  readonly rotationCount: number;
  readonly step_um: number;
  readonly range_deg: number;
  readonly order: string;
}

export interface RadialAxis {
  readonly unit: 'TwoTheta_deg' | 'TwoTheta_rad' | 'Q_invA' | 'Q_invnm' | 'R_mm' | 'D_A';
  readonly lower: number;
  readonly step: number;
  readonly binCount: number;
}

export interface LiveChannel {
  readonly name: string;
  readonly kind: string;
  /** −∞ where the channel has no window. */
  readonly lower: number;
  /** +∞ where the channel has no window. */
  readonly upper: number;
}

export interface Scan {
  readonly title: string;
  readonly source: string;
  readonly note: string;
  readonly plan: ScanPlan;
  readonly axis: RadialAxis;
  readonly channels: readonly LiveChannel[];
  /** Only of a slice of a stack. */
  readonly slice?: { readonly number: number; readonly count: number; readonly z_um: number };
}

export type Phase = 'Waiting' | 'Running' | 'Saving' | 'Complete' | 'Incomplete' | 'Failed';

/** The counters in order of display; all but the first three say that something went wrong on the way. */
export const counterNames = [
  'received',
  'integrated',
  'placed',
  'missing',
  'duplicate',
  'outOfOrder',
  'truncated',
  'malformed',
  'wrongShape',
  'foreignSeries',
  'outsidePlan',
  'beforeHeader',
] as const;
export type CounterName = (typeof counterNames)[number];

/** How far the slice of the total can be trusted. */
export interface Confidence {
  readonly sentence: string;
  /** Widest wedge that was not measured, degrees; 0 where angles are missing nowhere more than elsewhere. */
  readonly wedge_deg: number;
  /** Correlation of the slices of two halves of the projections; not a number before there are two. */
  readonly halfSetCorrelation: number;
  readonly noiseToSignal: number;
  /** How it converged: the half-set correlation at each share of the projections. */
  readonly fractions: Float32Array;
  readonly halfSetCorrelations: Float32Array;
}

/** How slices are made, as it was chosen last. */
export interface Reconstruction {
  readonly filter: string;
  /** Offset of the rotation axis from the middle, translations; not a number for where the data have it. */
  readonly axis_px: number;
  /** Whether scatter from outside the sample is taken off, where it is found. */
  readonly air: boolean;
}

export interface State {
  readonly phase: Phase;
  readonly message: string;
  readonly cellCount: number;
  readonly rate_Hz: number;
  readonly latency_ms: number;
  readonly latency95_ms: number;
  readonly lastFrameAge_s: number;
  readonly elapsed_s: number;
  readonly remaining_s: number;
  readonly framesQueued: number;
  readonly patternsQueued: number;
  readonly projectionCount: number;
  readonly largestGap_deg: number;
  /** Projections in the slices of every bin; not a number where only the live channels are reconstructed. */
  readonly volumeProjectionCount: number;
  /** How far those are behind the live channels, s. */
  readonly volumeLag_s: number;
  readonly savedPath: string | null;
  /** How well an ROI scan agrees with its coarse scan where both measured; not a number without one. */
  readonly overlapResidual: number;
  readonly confidence: Confidence | null;
  readonly reconstruction: Reconstruction | null;
  /** Where slices have the axis when nobody sets it. */
  readonly axisFromData_px: number;
  /** For how long slices have not been what `reconstruction` says, s; 0 where they are. */
  readonly reconstructionLag_s: number;
  readonly counters: Readonly<Record<CounterName, number>>;
}

/** One reason for or against a place; the weights of a place add up to 1. */
export interface PlacementTerm {
  readonly name: string;
  /** 0 (bad) to 1 (good). */
  readonly value: number;
  readonly weight: number;
  readonly finding: string;
}

export interface RoiCandidate {
  readonly x_um: number;
  readonly y_um: number;
  readonly radius_um: number;
  readonly materialFraction: number;
  readonly edgeDistance_um: number;
  readonly score: number;
  /** Not a number where it is not known. */
  readonly scoreSigma: number;
  readonly terms: readonly PlacementTerm[];
}

/** A disc that no region of interest may touch. */
export interface Zone {
  readonly x_um: number;
  readonly y_um: number;
  readonly radius_um: number;
}

export interface Roi {
  readonly explanation: string;
  readonly mayStop: boolean;
  /** Why the coarse scan may stop, or what is missing. */
  readonly stopReason: string;
  /** The best place over the scan: share of the planned projections, score and its uncertainty. */
  readonly fractions: Values;
  readonly scores: Values;
  readonly scoreSigmas: Values;
  /** Best first. */
  readonly candidates: readonly RoiCandidate[];
  /** Where no region of interest may be. */
  readonly zones: readonly Zone[];
  /** Grows with every change of the zones. */
  readonly zonesRevision: number;
}

export interface Patterns {
  readonly frameIndex: number;
  readonly current: Values;
  readonly mean: Values;
}

export interface Sinogram {
  readonly channel: string;
  readonly rotationCount: number;
  readonly translationCount: number;
  /** [rotation, translation] row-major. */
  readonly values: Values;
}

/** What the map of the noise of a channel's slice is called: σ of each pixel, a map like the slice itself. */
export const noiseOf = (channel: string): string => `σ(${channel})`;

export interface Slice {
  readonly channel: string;
  /** Pixels along x and along y; the rotation axis is at pixel floor(size / 2). */
  readonly size: number;
  readonly pixelSize_um: number;
  readonly projectionCount: number;
  /** [y, x] row-major. */
  readonly values: Values;
}

export type LiveMessage =
  | { readonly kind: 'scan'; readonly body: Scan }
  | { readonly kind: 'state'; readonly body: State }
  | { readonly kind: 'roi'; readonly body: Roi }
  | { readonly kind: 'pattern'; readonly body: Patterns }
  | { readonly kind: 'sinogram'; readonly body: Sinogram }
  | { readonly kind: 'slice'; readonly body: Slice };

/**
 * Float32 values of a MessagePack `bin`. The decoder hands out a view into the whole message, whose offset is a
 * multiple of four only by luck, so the bytes are copied once.
 * @throws when the bytes are not the given number of float32 values.
 */
export function toFloat32(bytes: unknown, count: number | null, what: string): Values {
  if (!(bytes instanceof Uint8Array) || bytes.byteLength % 4 !== 0) {
    throw new Error(`${what} is not an array of float32 values`);
  }

  if (count !== null && bytes.byteLength !== 4 * count) {
    throw new Error(`${what} holds ${bytes.byteLength / 4} values instead of ${count}`);
  }

  const copy = new Uint8Array(bytes.byteLength);
  copy.set(bytes);
  return new Float32Array(copy.buffer);
}

/**
 * Decodes one WebSocket message. Keys of a newer server that this page does not know are left out.
 * @throws when the bytes are not messages of this protocol.
 */
export function decodeMessages(data: ArrayBuffer): LiveMessage[] {
  const messages: LiveMessage[] = [];
  for (const item of decodeMulti(new Uint8Array(data))) {
    if (!Array.isArray(item) || item.length !== 2 || typeof item[0] !== 'string' || !isRecord(item[1])) {
      throw new Error('a live message is not an array of key and body');
    }

    const message = toMessage(item[0].split('/', 1)[0], item[1]);
    if (message !== null) {
      messages.push(message);
    }
  }

  return messages;
}

function toMessage(kind: string, body: Record<string, unknown>): LiveMessage | null {
  switch (kind) {
    case 'scan':
      demand(body, kind, ['title', 'source', 'note', 'plan', 'axis', 'channels']);
      return { kind, body: body as unknown as Scan };
    case 'state':
      demand(body, kind, ['phase', 'message', 'counters', 'cellCount']);
      return { kind, body: { ...(body as unknown as State), confidence: toConfidence(body.confidence), reconstruction: toReconstruction(body.reconstruction) } };
    case 'roi': {
      demand(body, kind, ['candidates', 'explanation', 'mayStop', 'stopReason', 'zones', 'zonesRevision']);
      const fractions = toFloat32(body.fractions, null, 'the shares of the scan');
      const scores = toFloat32(body.scores, fractions.length, 'the scores');
      const scoreSigmas = toFloat32(body.scoreSigmas, fractions.length, 'the uncertainties of the scores');
      return { kind, body: { ...(body as unknown as Roi), fractions, scores, scoreSigmas } };
    }

    case 'pattern': {
      const current = toFloat32(body.current, null, 'the current pattern');
      const mean = toFloat32(body.mean, current.length, 'the mean pattern');
      return { kind, body: { ...(body as unknown as Patterns), current, mean } };
    }

    case 'sinogram': {
      const sinogram = body as unknown as Sinogram;
      const count = sinogram.rotationCount * sinogram.translationCount;
      return { kind, body: { ...sinogram, values: toFloat32(body.values, count, 'a sinogram') } };
    }

    case 'slice': {
      const slice = body as unknown as Slice;
      return { kind, body: { ...slice, values: toFloat32(body.values, slice.size * slice.size, 'a slice') } };
    }

    default:
      return null;
  }
}

function toConfidence(told: unknown): Confidence | null {
  if (!isRecord(told)) {
    return null;
  }

  const fractions = toFloat32(told.fractions, null, 'the convergence');
  const halfSetCorrelations = toFloat32(told.halfSetCorrelations, fractions.length, 'the convergence');
  return { ...(told as unknown as Confidence), fractions, halfSetCorrelations };
}

function toReconstruction(told: unknown): Reconstruction | null {
  return isRecord(told) ? (told as unknown as Reconstruction) : null;
}

function demand(body: Record<string, unknown>, kind: string, names: readonly string[]): void {
  const missing = names.find((name) => body[name] === undefined);
  if (missing !== undefined) {
    throw new Error(`a ${kind} message has no ${missing}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
