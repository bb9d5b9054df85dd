import type { Zone } from '../live/protocol';

/** A place under the pen. */
export interface PenPoint {
  readonly x: number;
  readonly y: number;
  /** How much of the same one pixel of the screen is. */
  readonly perPixel: number;
}

/** Strokes over an image. */
export interface Pen {
  readonly press: (at: PenPoint) => void;
  readonly move: (at: PenPoint) => void;
  readonly release: (at: PenPoint) => void;
  /** Ends a stroke without a trace. @returns whether there was one. */
  readonly cancel: () => boolean;
}

/** A hand that shakes moves a click by no more. */
const click_px = 4;

/** Finer than any stage is set. */
const rounding_um = 0.1;

const round = (value: number): number => Number((Math.round(value / rounding_um) * rounding_um).toFixed(1)) + 0;

/** The disc of a stroke: its centre where the pen was pressed, its radius as far as it was dragged; null for a click. */
export function discOf(from: PenPoint, to: PenPoint, mostRadius_um: number): Zone | null {
  const radius_um = Math.hypot(to.x - from.x, to.y - from.y);
  return radius_um <= click_px * from.perPixel
    ? null
    : { x_um: round(from.x), y_um: round(from.y), radius_um: Math.min(round(radius_um), mostRadius_um) };
}

/** The smallest zone under a place; one that is a point is there as far as a click is. */
export function zoneAt(zones: readonly Zone[], at: PenPoint): Zone | null {
  return zones
    .filter((zone) => Math.hypot(at.x - zone.x_um, at.y - zone.y_um) <= Math.max(zone.radius_um, click_px * at.perPixel))
    .reduce<Zone | null>((least, zone) => (least === null || zone.radius_um < least.radius_um ? zone : least), null);
}

/** What a stroke is for. */
export interface ZoneSketch {
  readonly zones: () => readonly Zone[];
  readonly mostRadius_um: () => number;
  /** The disc as it grows; null for none. */
  readonly sketch: (zone: Zone | null) => void;
  readonly add: (zone: Zone) => void;
  readonly remove: (zone: Zone) => void;
}

/** Draws a disc with each stroke; a click on a zone removes it, and one beside them does nothing. */
export function zonePen(on: ZoneSketch): Pen {
  let from: PenPoint | null = null;
  const cancel = (): boolean => {
    const was = from !== null;
    from = null;
    on.sketch(null);
    return was;
  };
  return {
    press: (at) => {
      from = at;
    },
    move: (at) => {
      if (from !== null) {
        on.sketch(discOf(from, at, on.mostRadius_um()));
      }
    },
    release: (at) => {
      if (from === null) {
        return;
      }

      const disc = discOf(from, at, on.mostRadius_um());
      const clicked = disc === null ? zoneAt(on.zones(), from) : null;
      cancel();
      if (disc !== null) {
        on.add(disc);
      } else if (clicked !== null) {
        on.remove(clicked);
      }
    },
    cancel,
  };
}
