import { coverage, hasEnded } from '../live/health';
import { formatCount, formatDuration, formatPercent } from '../live/format';
import { type LiveModel, useLive } from '../live/model';
import type { Phase } from '../live/protocol';

const phaseSigns: Record<Phase, string> = {
  Waiting: '◌',
  Running: '●',
  Saving: '▼',
  Complete: '✓',
  Incomplete: '!',
  Failed: '✕',
};

/** What is measured, from where, and how far it is. */
export function Header({ model }: { readonly model: LiveModel }) {
  const scan = useLive(model, 'scan', (m) => m.scan);
  const state = useLive(model, 'state', (m) => m.state);
  const phase = state?.phase ?? 'Waiting';
  const share = state === null ? 0 : coverage(state);
  const placed = state?.counters.placed ?? 0;
  return (
    <header className="top">
      <div className="brand" aria-hidden="true">
        <svg viewBox="0 0 32 32">
          <circle cx="16" cy="16" r="13.5" />
          <circle cx="16" cy="16" r="8.5" />
          <circle cx="16" cy="16" r="3.6" />
        </svg>
      </div>
      <div className="titles">
        <h1>{scan?.title || 'XrdCt.Live'}</h1>
        <p>
          {scan?.source || 'no scan set up yet'}
          {scan !== null && (
            <>
              <i>·</i>
              {scan.slice !== undefined && (
                <span data-testid="slice">
                  slice {scan.slice.number} of {scan.slice.count}, z {scan.slice.z_um} µm
                  <i>·</i>
                </span>
              )}
              {scan.plan.translationCount} × {scan.plan.rotationCount} positions, {scan.plan.step_um} µm steps
            </>
          )}
        </p>
      </div>
      <div className="run">
        <div className="run-line">
          <span className={`phase ${phase.toLowerCase()}`}>
            <b aria-hidden="true">{phaseSigns[phase]}</b>
            <span data-testid="phase" data-phase={phase} role="status">
              {phase}
            </span>
          </span>
          <span className="done">
            {formatPercent(share)}
            <small> %</small>
          </span>
          <span className="frames">
            {scan !== null && `${formatCount(placed)} of ${formatCount(state?.cellCount ?? NaN)} positions`}
          </span>
          <span className="eta">
            {state !== null && (hasEnded(state) || phase === 'Saving')
              ? `took ${formatDuration(state.elapsed_s)}`
              : state !== null && Number.isFinite(state.remaining_s)
                ? `${formatDuration(state.remaining_s)} left`
                : ''}
          </span>
        </div>
        <div
          className={`progress ${phase.toLowerCase()}`}
          role="progressbar"
          aria-label="Measured positions"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.floor(share * 100)}
          data-testid="progress"
          data-value={share}
        >
          <div style={{ width: `${share * 100}%` }} />
        </div>
        <p className="note">{scan?.note}</p>
      </div>
    </header>
  );
}
