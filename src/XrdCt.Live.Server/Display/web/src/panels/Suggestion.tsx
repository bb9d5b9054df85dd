import { formatDuration, formatMicrometres, formatScore } from '../live/format';
import { hasEnded } from '../live/health';
import { type LiveModel, useLive } from '../live/model';
import type { PlacementTerm, Roi, RoiCandidate } from '../live/protocol';
import { Curve } from './Curve';
import type { Steering } from '../live/steering';
import { type Orders, scanOf, SteeringControls, TakeButton, useSteering } from './SteeringControls';
import { ZoneList } from './Zones';

/** Where the region of interest could go, why, how sure that is, and whether the coarse scan may stop. */
export function Suggestion({ model }: { readonly model: LiveModel }) {
  const roi = useLive(model, 'roi', (m) => m.roi);
  const state = useLive(model, 'state', (m) => m.state);
  const [steering, order] = useSteering();
  const best = roi?.candidates[0];
  const isTaken = steering !== null && steering.taken !== null && steering.phase !== 'Offered';
  return (
    <section className="panel suggestion" aria-label="Suggested region of interest" title={best && roi?.explanation}>
      <h2>
        Region of interest
        {!isTaken && (
          <TakeButton steering={steering} order={order} rank={1}>
            take place 1
          </TakeButton>
        )}
        {best !== undefined && (
          <span>
            score{' '}
            <b data-testid="roi-score" data-value={best.score} data-sigma={best.scoreSigma}>
              {formatScore(best.score, best.scoreSigma)}
            </b>
          </span>
        )}
      </h2>
      {steering !== null && <SteeringControls steering={steering} order={order} />}
      {isTaken ? null : roi !== null && best !== undefined ? (
        <Place roi={roi} best={best} isRunning={state === null || !hasEnded(state)} steering={steering} order={order} />
      ) : steering?.phase === 'Offered' ? (
        <Offered steering={steering} order={order} />
      ) : (
        <p className="sub quiet">{roi?.explanation || 'No suggestion yet: it needs a reconstruction to look at.'}</p>
      )}
      {!isTaken && <ZoneList />}
    </section>
  );
}

/** The places of the coarse scan, while the page shows the scan of one of them. */
function Offered({ steering, order }: { readonly steering: Steering; readonly order: Orders }) {
  return (
    <div className="others">
      <table aria-label="Places of the coarse scan">
        <tbody>
          {steering.places.map((place) => (
            <tr key={place.rank}>
              <td>
                {place.rank > 1 && (
                  <TakeButton steering={steering} order={order} rank={place.rank}>
                    take
                  </TakeButton>
                )}{' '}
                {place.rank}
              </td>
              <td>
                {formatMicrometres(place.x_um).replace(' µm', '')}, {formatMicrometres(place.y_um)}
              </td>
              <td>{scanOf(place)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Place({
  roi,
  best,
  isRunning,
  steering,
  order,
}: {
  readonly roi: Roi;
  readonly best: RoiCandidate;
  readonly isRunning: boolean;
  readonly steering: Steering | null;
  readonly order: Orders;
}) {
  return (
    <>
      <p className="place" data-testid="roi-place" data-x={best.x_um} data-y={best.y_um}>
        <span>
          <i>x</i> {formatMicrometres(best.x_um)}
        </span>
        <span>
          <i>y</i> {formatMicrometres(best.y_um)}
        </span>
        {steering?.places[0] === undefined ? (
          <span>
            <i>⌀</i> {formatMicrometres(2 * best.radius_um)}
          </span>
        ) : (
          <span data-testid="roi-scan" title={`Its scan: ${scanOf(steering.places[0])}`}>
            <i>scan</i> {formatDuration(steering.places[0].duration_s)}
          </span>
        )}
      </p>
      {isRunning && roi.stopReason !== '' && (
        <p className={roi.mayStop ? 'stop may' : 'stop'} data-testid="roi-stop" data-may-stop={roi.mayStop} title={roi.stopReason}>
          {roi.stopReason}
        </p>
      )}
      <ul className="terms" aria-label="What the score is made of">
        {best.terms.map((term) => (
          <Term key={term.name} term={term} heaviest={Math.max(...best.terms.map((t) => t.weight))} />
        ))}
      </ul>
      <div className="others">
        <table aria-label="Further places">
          <tbody>
            {roi.candidates.slice(1, 3).map((candidate, i) => (
              <tr key={i}>
                <td>
                  <TakeButton steering={steering} order={order} rank={i + 2}>
                    take
                  </TakeButton>{' '}
                  {i + 2}
                </td>
                <td>
                  {formatMicrometres(candidate.x_um).replace(' µm', '')}, {formatMicrometres(candidate.y_um)}
                </td>
                <td>{formatScore(candidate.score, candidate.scoreSigma)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {roi.fractions.length > 1 && (
          <Curve fractions={roi.fractions} values={roi.scores} label="Score of the best place over the scan" />
        )}
      </div>
    </>
  );
}

/** As wide as the term counts, filled as far as it is good. */
function Term({ term, heaviest }: { readonly term: PlacementTerm; readonly heaviest: number }) {
  const width = `${((100 * term.weight) / heaviest).toFixed(1)}%`;
  return (
    <li title={`${term.name}: ${term.finding}`}>
      <span className="term-name">{term.name}</span>
      <span className="term-bar">
        <span style={{ width }}>
          <span style={{ width: `${(100 * term.value).toFixed(1)}%` }} />
        </span>
      </span>
      <span className="term-share">{(term.value * term.weight).toFixed(2)}</span>
      <span className="term-finding">{term.finding}</span>
    </li>
  );
}
