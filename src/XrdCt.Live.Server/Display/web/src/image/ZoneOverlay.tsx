import { useSyncExternalStore } from 'react';
import type { Zone } from '../live/protocol';
import type { ZoneDesk } from '../live/zones';
import { rem } from '../theme';
import { toScreen } from './geometry';
import type { PaneLayout } from './painter';

/** The forbidden zones over the slice, hatched, and the one under the pen. */
export function ZoneOverlay({
  desk,
  mayRemove,
  layout,
}: {
  readonly desk: ZoneDesk;
  /** Whether a click removes a zone: it has a × then. */
  readonly mayRemove: boolean;
  readonly layout: PaneLayout;
}) {
  const { zones, sketch } = useSyncExternalStore(desk.subscribe, () => desk.shown);
  if (zones.length === 0 && sketch === null) {
    return null;
  }

  const { plot, columns, rows } = layout;
  const place = (zone: Zone) => ({
    cx: toScreen(columns, plot.x, plot.width, zone.x_um),
    cy: toScreen(rows, plot.y, plot.height, zone.y_um),
    r: Math.max(0.15 * rem(), (zone.radius_um / columns.step / columns.count) * plot.width),
  });
  const arm = 0.28 * rem();
  return (
    <svg className="roi zones" aria-hidden="true">
      <clipPath id="zone-area">
        <rect x={plot.x} y={plot.y} width={plot.width} height={plot.height} />
      </clipPath>
      <pattern id="zone-hatch" width={8} height={8} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width={8} height={8} />
        <path d="M0 0v8" />
      </pattern>
      <g clipPath="url(#zone-area)">
        {zones.map((zone) => {
          const { cx, cy, r } = place(zone);
          return (
            <g key={`${zone.x_um} ${zone.y_um} ${zone.radius_um}`} className="zone" data-testid="zone">
              <circle className="casing" cx={cx} cy={cy} r={r} />
              <circle className="area" cx={cx} cy={cy} r={r} />
              {mayRemove && (
                <path
                  className="cross"
                  d={`M${cx - arm} ${cy - arm}l${2 * arm} ${2 * arm}M${cx - arm} ${cy + arm}l${2 * arm} ${-2 * arm}`}
                />
              )}
            </g>
          );
        })}
        {sketch !== null && (
          <g className="zone sketch" data-testid="zone-sketch">
            <circle className="casing" {...place(sketch)} />
            <circle className="area" {...place(sketch)} />
          </g>
        )}
      </g>
    </svg>
  );
}
