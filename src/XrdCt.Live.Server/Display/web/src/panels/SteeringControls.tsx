import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { formatCount, formatDuration, formatMicrometres } from '../live/format';
import { askSteering, give, isToken, type Move, operatorIn, type Order, pause_ms, type PlaceScan, type Steering } from '../live/steering';

/** For this tab only; a page that is loaded again still knows it. */
const tokenKey = 'xrdct-operator';

/** Where a place is taken, its moves are confirmed, and the motors are stopped. */
export function SteeringControls({ steering, order }: { readonly steering: Steering; readonly order: Orders }) {
  const { taken } = steering;
  if (taken !== null && steering.phase !== 'Offered') {
    return <Taken steering={steering} taken={taken} order={order} />;
  }

  return (
    <div className="take" role="group" aria-label="Take a place for the region-of-interest scan" data-testid="steering" data-phase={steering.phase}>
      {mayTake(steering) && steering.needs_operator && <Token order={order} />}
      {steering.sentence !== '' && (
        <p className="sub" role="status" data-testid="steering-sentence">
          {steering.sentence}
        </p>
      )}
      <Refusal order={order} />
    </div>
  );
}

/** Takes one of the suggested places; what its scan would be is said beside it. Nothing where it cannot be taken. */
export function TakeButton({ steering, order, rank, children }: { readonly steering: Steering | null; readonly order: Orders; readonly rank: number; readonly children: ReactNode }) {
  const place = steering?.places.find((p) => p.rank === rank);
  if (!steering || !place || !mayTake(steering) || (steering.needs_operator && !order.hasToken)) {
    return null;
  }

  return (
    <button
      type="button"
      className="take-button"
      disabled={place.obstacle !== null || order.isBusy}
      aria-label={`Take place ${rank}`}
      title={place.obstacle ?? `${formatMicrometres(place.x_um)}, ${formatMicrometres(place.y_um)}: ${place.moves.map(way).join('; ')}; ${scanOf(place)}`}
      data-testid={`take-${rank}`}
      onClick={() => order.give({ propose: { x_um: place.x_um, y_um: place.y_um } })}
    >
      {children}
    </button>
  );
}

/** `2 040 frames, 58 s`. */
export function scanOf(place: PlaceScan): string {
  return `${formatCount(place.frames)} frames, ${formatDuration(place.duration_s)}`;
}

function mayTake(steering: Steering): boolean {
  return steering.control && steering.phase === 'Offered';
}

function Taken({ steering, taken, order }: { readonly steering: Steering; readonly taken: PlaceScan; readonly order: Orders }) {
  const { phase } = steering;
  return (
    <div className="take" role="group" aria-label="The place that was taken" data-testid="steering" data-phase={phase}>
      <p className="place">
        <span>
          <i>x</i> {formatMicrometres(taken.x_um)}
        </span>
        <span>
          <i>y</i> {formatMicrometres(taken.y_um)}
        </span>
      </p>
      <p className="sub">its scan: {scanOf(taken)}</p>
      <table className="moves" aria-label="Moves of the stages">
        <thead>
          <tr>
            <th>motor</th>
            <th>from</th>
            <th>by way of</th>
            <th>to</th>
            <th>{phase === 'Proposed' ? 'limits' : 'now'}</th>
          </tr>
        </thead>
        <tbody>
          {taken.moves.map((move, i) => (
            <tr key={move.motor}>
              <td>{move.motor}</td>
              <td>{millimetres(move.from_mm)}</td>
              <td>{move.via_mm === null || move.via_mm === move.to_mm ? '' : millimetres(move.via_mm)}</td>
              <td>{move.to_mm === null ? `by ${millimetres(move.by_mm)}` : millimetres(move.to_mm)}</td>
              <td data-testid={`motor-${move.motor}`} data-value={steering.positions_mm[i]}>
                {phase === 'Proposed' ? limits(move) : millimetres(steering.positions_mm[i] ?? null)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {steering.sentence !== '' && (
        <p className="sub" role="status" data-testid="steering-sentence">
          {steering.sentence}
        </p>
      )}
      <p className="buttons">
        {phase === 'Proposed' && order.token !== null && (
          <button type="button" className="confirm" data-testid="confirm" disabled={order.isBusy} onClick={() => order.give({ confirm: order.token! })}>
            {steering.moves_stages ? 'confirm: move the stages' : 'confirm: its scan is next'}
          </button>
        )}
        {phase === 'Proposed' && order.token === null && <span className="sub">{steering.by} is asked to confirm</span>}
        {phase === 'Moving' && (
          <button type="button" className="halt" data-testid="stop" onClick={() => order.give({ stop: true })}>
            stop
          </button>
        )}
        {(phase === 'Proposed' || phase === 'Ready') && (
          <button type="button" data-testid="withdraw" disabled={order.isBusy} onClick={() => order.give({ withdraw: true })}>
            take back
          </button>
        )}
        {phase === 'Proposed' && steering.expires_s !== null && <span className="sub">{steering.expires_s.toFixed(0)} s left</span>}
      </p>
      <Refusal order={order} />
    </div>
  );
}

/** The field goes when there is a token; a wrong one brings it back. */
function Token({ order }: { readonly order: Orders }) {
  const [typed, setTyped] = useState('');
  return order.hasToken ? null : (
    <form
      className="operator"
      onSubmit={(event) => {
        event.preventDefault();
        order.setToken(typed.trim());
        setTyped('');
      }}
    >
      <label>
        operator's token{' '}
        <input
          type="password"
          autoComplete="off"
          value={typed}
          aria-invalid={typed !== '' && !isToken(typed.trim())}
          data-testid="operator"
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
    </form>
  );
}

function Refusal({ order }: { readonly order: Orders }) {
  return order.refusal === '' ? null : (
    <p className="refusal" role="alert" data-testid="steering-refusal">
      {order.refusal}
    </p>
  );
}

/** The orders of this page. */
export interface Orders {
  readonly give: (order: Order) => void;
  readonly isBusy: boolean;
  readonly refusal: string;
  /** What confirms the place that this page took; null for one that another page took. */
  readonly token: string | null;
  readonly hasToken: boolean;
  readonly setToken: (operator: string) => void;
}

/** How the steering stands, asked for again and again, and the orders of this page. */
export function useSteering(): readonly [Steering | null, Orders] {
  const [steering, setSteering] = useState<Steering | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState('');
  const [token, setToken] = useState<string | null>(null);
  const [operator, setOperator] = useState(knownOperator);

  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async (): Promise<void> => {
      let told: Steering | null = null;
      try {
        told = await askSteering();
      } catch {
        // The page says elsewhere that the server is away.
      }

      if (!isOver) {
        setSteering(told);
        timer = setTimeout(() => void ask(), pause_ms(told));
      }
    };

    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);

  const order = useCallback(
    (wanted: Order): void => {
      setBusy(true);
      void give(wanted, operator).then((answer) => {
        setBusy(false);
        setRefusal(typeof answer === 'string' ? answer : '');
        if (typeof answer !== 'string') {
          setToken(answer.token);
          setSteering(answer);
        } else if (answer.includes('token')) {
          setOperator('');
        }
      });
    },
    [operator],
  );

  const remember = useCallback((typed: string): void => {
    if (isToken(typed)) {
      sessionStorage.setItem(tokenKey, typed);
      setOperator(typed);
      setRefusal('');
    } else {
      setRefusal('A token has 32 letters or more.');
    }
  }, []);

  return [steering, { give: order, isBusy, refusal, token, hasToken: operator !== '', setToken: remember }];
}

/** From the address, which does not keep it, or from before. */
function knownOperator(): string {
  const told = operatorIn(window.location.hash);
  if (told !== null) {
    sessionStorage.setItem(tokenKey, told);
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
  }

  return sessionStorage.getItem(tokenKey) ?? '';
}

function millimetres(place_mm: number | null): string {
  return place_mm === null ? '?' : `${place_mm.toFixed(4).replace('-', '−')} mm`;
}

function limits(move: Move): string {
  return move.lowest_mm === null || move.highest_mm === null ? 'none' : `${move.lowest_mm} … ${move.highest_mm}`.replaceAll('-', '−');
}

function way(move: Move): string {
  return move.to_mm === null ? `${move.motor} by ${millimetres(move.by_mm)}` : `${move.motor} to ${millimetres(move.to_mm)}`;
}
