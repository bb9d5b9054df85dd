import { formatMicrometres, formatPercent } from '../live/format';
import type { Roi, RoiCandidate } from '../live/protocol';
import { rem } from '../theme';
import { toScreen } from './geometry';
import type { PaneLayout } from './painter';

/** How many of the candidates are drawn; more circles would hide what they are about. */
const shownCandidates = 4;

/** About half the width of the label, which is kept within the plot. */
const halfLabel_rem = 10.4;

/** The suggested ROI circles over the slice: the best one solid with its label, the others dashed. */
export function RoiOverlay({ roi, layout }: { readonly roi: Roi | null; readonly layout: PaneLayout }) {
  if (roi === null || roi.candidates.length === 0) {
    return null;
  }

  const { plot, columns, rows } = layout;
  const place = (candidate: RoiCandidate) => ({
    cx: toScreen(columns, plot.x, plot.width, candidate.x_um),
    cy: toScreen(rows, plot.y, plot.height, candidate.y_um),
    r: (candidate.radius_um / columns.step / columns.count) * plot.width,
  });
  const [best, ...others] = roi.candidates.slice(0, shownCandidates);
  const { cx, cy, r } = place(best);
  const below = cy - r - plot.y < 0.13 * plot.height;
  const arm = 0.4 * rem();
  const half = Math.min(halfLabel_rem * rem(), plot.width / 2);
  const x = Math.min(Math.max(cx, plot.x + half), plot.x + plot.width - half);
  return (
    <>
      <svg className="roi" aria-hidden="true">
        <clipPath id="plot-area">
          <rect x={plot.x} y={plot.y} width={plot.width} height={plot.height} />
        </clipPath>
        <g clipPath="url(#plot-area)">
          {others.map((candidate, i) => (
            <g key={i} className="other">
              <circle className="casing" {...place(candidate)} />
              <circle {...place(candidate)} />
            </g>
          ))}
          <g className="best">
            <circle className="casing" cx={cx} cy={cy} r={r} />
            <circle cx={cx} cy={cy} r={r} />
            <path d={`M${cx - arm} ${cy}h${2 * arm}M${cx} ${cy - arm}v${2 * arm}`} />
          </g>
        </g>
      </svg>
      <div
        className="roi-label"
        data-testid="roi-label"
        style={{ left: x, top: below ? cy + r : cy - r, translate: below ? '-50% 30%' : '-50% -130%' }}
      >
        <strong>ROI</strong> {formatPercent(best.materialFraction)} % material ·{' '}
        {formatMicrometres(best.edgeDistance_um)} to edge · score {best.score.toFixed(2)}
      </div>
    </>
  );
}
