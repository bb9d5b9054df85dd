import { coverage, hasEnded, meanRate_Hz, missingWedge_deg } from '../live/health';
import { formatCount, formatLatency, formatPercent, formatRate } from '../live/format';
import { type LiveModel, useLive } from '../live/model';
import { type Confidence, type CounterName, counterNames } from '../live/protocol';
import { CoverageDial } from './CoverageDial';
import { Curve } from './Curve';
import { ReconstructionControls } from './ReconstructionControls';
import { Suggestion } from './Suggestion';

const counterLabels: Record<CounterName, string> = {
  received: 'received',
  integrated: 'integrated',
  placed: 'placed',
  missing: 'missing',
  duplicate: 'duplicate',
  outOfOrder: 'out of order',
  truncated: 'truncated',
  malformed: 'malformed',
  wrongShape: 'wrong shape',
  foreignSeries: 'foreign series',
  outsidePlan: 'outside plan',
  beforeHeader: 'before header',
};

/** Nothing is lost by these: the frame is there, it only came again or late. */
const harmless: ReadonlySet<CounterName> = new Set(['duplicate', 'outOfOrder']);
const flow: ReadonlySet<CounterName> = new Set(['received', 'integrated', 'placed']);

/** The numbers by the maps: pace, coverage, suggestion, losses. */
export function Numbers({ model }: { readonly model: LiveModel }) {
  return (
    <aside className="numbers" aria-label="Numbers of the scan">
      <Pace model={model} />
      <Coverage model={model} />
      <Trust model={model} />
      <Suggestion model={model} />
      <Counters model={model} />
    </aside>
  );
}

function Pace({ model }: { readonly model: LiveModel }) {
  const state = useLive(model, 'state', (m) => m.state);
  const ended = state !== null && hasEnded(state);
  const rate_Hz = state === null || state.counters.placed === 0 ? NaN : ended ? meanRate_Hz(state) : state.rate_Hz;
  const [latency, unit] = formatLatency(state?.latency_ms ?? NaN);
  const [latency95, unit95] = formatLatency(state?.latency95_ms ?? NaN);
  return (
    <div className="tiles">
      <section className="panel tile" aria-label="Rate">
        <h2>{ended ? 'Mean rate' : 'Rate'}</h2>
        <p className="big">
          <span data-testid="rate" data-value={rate_Hz}>
            {formatRate(rate_Hz)}
          </span>
          <small>frames/s</small>
        </p>
        <p
          className="sub"
          data-testid="queued"
          title={`${state?.framesQueued ?? 0} compressed frames and ${state?.patternsQueued ?? 0} patterns wait`}
        >
          {formatCount((state?.framesQueued ?? 0) + (state?.patternsQueued ?? 0))} in the queues
        </p>
      </section>
      <section className="panel tile" aria-label="Latency from exposure to sinogram">
        <h2>Latency</h2>
        <p className="big">
          <span data-testid="latency" data-value={state?.latency_ms}>
            {latency}
          </span>
          <small>{unit}</small>
        </p>
        <p className="sub">
          95 % within {latency95} {unit95}
        </p>
      </section>
    </div>
  );
}

function Coverage({ model }: { readonly model: LiveModel }) {
  const scan = useLive(model, 'scan', (m) => m.scan);
  const state = useLive(model, 'state', (m) => m.state);
  const wedge = state !== null ? missingWedge_deg(state) : null;
  const ended = state !== null && hasEnded(state);
  return (
    <section className="panel coverage" aria-label="Coverage">
      <div className="coverage-text">
        <h2>Coverage</h2>
        <p className="big">
          <span data-testid="coverage">{formatPercent(state === null ? NaN : coverage(state))}</span>
          <small>%</small>
        </p>
        <p className="sub">
          {formatCount(state?.projectionCount ?? 0)} of {formatCount(scan?.plan.rotationCount ?? 0)} projections
        </p>
        {state !== null && Number.isFinite(state.volumeProjectionCount) && (
          <p className="sub" data-testid="volume" data-projections={state.volumeProjectionCount}>
            all bins: {formatCount(state.volumeProjectionCount)}
            {state.volumeLag_s > 1 && `, ${state.volumeLag_s.toFixed(0)} s behind`}
          </p>
        )}
      </div>
      <CoverageDial model={model} />
      {wedge !== null ? (
        <p className="pill warning" data-testid="limited-angle">
          <b>limited angle</b> {wedge.toFixed(0)}° not {ended ? '' : 'yet '}measured
        </p>
      ) : (
        <p className={state !== null && state.projectionCount > 0 ? 'pill' : 'pill none'}>
          {state !== null && state.projectionCount > 0
            ? 'no missing wedge'
            : ended
              ? 'no whole projection'
              : 'no whole projection yet'}
        </p>
      )}
    </section>
  );
}

/** A small share in per cent, to two digits. */
function share(value: number): string {
  return `${Number((100 * value).toPrecision(2))} %`;
}

/** How far the slice can be trusted: by what two halves of the projections have in common, over the scan. */
function Trust({ model }: { readonly model: LiveModel }) {
  const state = useLive(model, 'state', (m) => m.state);
  const confidence = state?.confidence ?? null;
  if (state === null || (state.reconstruction === null && confidence === null)) {
    return null;
  }

  return (
    <section
      className="panel trust"
      aria-label="How slices are made, and how far they can be trusted"
      title={confidence?.sentence}
    >
      {confidence !== null && Number.isFinite(confidence.halfSetCorrelation) && (
        <HalfSets confidence={confidence} overlapResidual={state.overlapResidual} />
      )}
      <ReconstructionControls model={model} />
    </section>
  );
}

function HalfSets({
  confidence,
  overlapResidual,
}: {
  readonly confidence: Confidence;
  readonly overlapResidual: number;
}) {
  return (
    <>
      <div>
        <h2>
          Half-sets agree{' '}
          <b data-testid="half-sets" data-value={confidence.halfSetCorrelation}>
            {confidence.halfSetCorrelation.toFixed(2)}
          </b>
        </h2>
        <p className="sub">
          {[
            confidence.wedge_deg > 0 && 'in what was measured',
            Number.isFinite(confidence.noiseToSignal) && `noise ${share(confidence.noiseToSignal)}`,
            Number.isFinite(overlapResidual) && `coarse scan differs by ${share(overlapResidual)}`,
          ]
            .filter(Boolean)
            .join(', ')}
        </p>
      </div>
      <Curve
        fractions={confidence.fractions}
        values={confidence.halfSetCorrelations}
        label="Half-set correlation over the scan"
      />
    </>
  );
}

function Counters({ model }: { readonly model: LiveModel }) {
  const state = useLive(model, 'state', (m) => m.state);
  return (
    <section className="panel counters" aria-label="Frame counters">
      <h2>Frames</h2>
      <dl>
        {counterNames.map((name) => {
          const value = state?.counters[name] ?? 0;
          const kind = flow.has(name) ? 'flow' : value === 0 ? 'zero' : harmless.has(name) ? 'harmless' : 'loss';
          return (
            <div key={name} className={kind}>
              <dt>{counterLabels[name]}</dt>
              <dd data-testid={`counter-${name}`} data-value={value}>
                {formatCount(value)}
              </dd>
            </div>
          );
        })}
      </dl>
      {state?.savedPath && (
        <p className="saved">
          saved to <code data-testid="saved-path">{state.savedPath}</code>
        </p>
      )}
    </section>
  );
}
