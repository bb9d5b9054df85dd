import { useEffect, useState } from 'react';
import { frameAge_s, hasEnded, isStale } from '../live/health';
import { formatDuration } from '../live/format';
import { type LiveModel, useLive } from '../live/model';

/** How often ages on the page count on, ms. */
const tick_ms = 500;

/** A drop shorter than this heals by itself and is not worth an alarm, ms. */
const quietDrop_ms = 400;

/** What the operator must know now; nothing when all is well. */
export function Banners({ model }: { readonly model: LiveModel }) {
  const state = useLive(model, 'state', (m) => m.state);
  const connection = useLive(model, 'connection', (m) => m.connection);
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), tick_ms);
    return () => clearInterval(timer);
  }, []);

  const lost = connection.status !== 'open' && Math.max(now, performance.now()) - connection.since > quietDrop_ms;
  const age_s = state === null ? NaN : frameAge_s(state, model.stateAt, Math.max(now, model.stateAt));
  const stale = state !== null && !lost && isStale(state, age_s);
  const over = lost && state !== null && hasEnded(state);
  useEffect(() => {
    document.body.classList.toggle('old-data', lost && state !== null && !over);
  }, [lost, state, over]);

  return (
    <div className="banners">
      {over && (
        <div className="banner info" role="status" data-testid="over-banner">
          <b>The scan is over</b>
          <span>The processor has ended as well; this is what it showed last.</span>
        </div>
      )}
      {lost && !over && (
        <div className="banner alarm" role="alert" data-testid="connection-banner">
          <b>No connection to the processor</b>
          <span>
            {state === null
              ? 'Trying again every second.'
              : `What you see is ${formatDuration((now - model.stateAt) / 1000)} old; trying again every second.`}
            {connection.reason !== '' && ` (${connection.reason})`}
          </span>
        </div>
      )}
      {stale && (
        <div className="banner warning" role="alert" data-testid="stale-banner">
          <b>No frame for {formatDuration(age_s)}</b>
          <span>The scan is not finished, but no frames arrive: look at the detector and the motors.</span>
        </div>
      )}
      {state !== null && state.message !== '' && (
        <div
          className={`banner ${state.phase === 'Failed' ? 'alarm' : state.phase === 'Waiting' ? 'info' : 'warning'}`}
          role={state.phase === 'Waiting' ? 'status' : 'alert'}
          data-testid="message-banner"
        >
          <b>
            {state.phase === 'Failed'
              ? 'The scan failed'
              : state.phase === 'Incomplete'
                ? 'The scan is incomplete'
                : state.phase}
          </b>
          <span>{state.message}</span>
        </div>
      )}
    </div>
  );
}
