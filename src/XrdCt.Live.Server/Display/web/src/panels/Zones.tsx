import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { type Pen, zonePen } from '../image/zoneDrawing';
import { formatMicrometres } from '../live/format';
import { hasEnded } from '../live/health';
import { type LiveModel, useLive } from '../live/model';
import type { Zone } from '../live/protocol';
import { askZones, followZones, readZone, type ZoneChoices, ZoneDesk } from '../live/zones';

/** The zones of this page, and whether it may change them. */
interface Zones {
  readonly desk: ZoneDesk;
  /** Null where nothing may be changed. */
  readonly choices: ZoneChoices | null;
}

const ZonesContext = createContext<Zones | null>(null);

/** Keeps the zones for all that is in it. */
export function ZonesProvider({ model, children }: { readonly model: LiveModel; readonly children: ReactNode }) {
  const [desk] = useState(() => new ZoneDesk());
  const choices = useZoneChoices(model, desk);
  const mayChange = choices !== null;
  useEffect(() => followZones(model, desk), [model, desk]);
  useEffect(() => {
    if (!mayChange) {
      desk.draw(false);
    }
  }, [mayChange, desk]);
  const zones = useMemo(() => ({ desk, choices }), [desk, choices]);
  return <ZonesContext value={zones}>{children}</ZonesContext>;
}

export function useZones(): Zones {
  const zones = useContext(ZonesContext);
  if (zones === null) {
    throw new Error('there is no ZonesProvider');
  }

  return zones;
}

/** The pen while it is out; null while it is not. Escape drops the disc that is begun, and then puts the pen away. */
export function useZonePen(): Pen | null {
  const { desk, choices } = useZones();
  const isDrawing = useSyncExternalStore(desk.subscribe, () => desk.shown.isDrawing);
  const pen = useMemo(
    () =>
      !isDrawing || choices === null
        ? null
        : zonePen({
            zones: () => desk.shown.zones,
            mostRadius_um: () => choices.radius_um[1],
            sketch: (zone) => desk.sketch(zone),
            add: (zone) => desk.change({ add: zone }),
            remove: (zone) => desk.change({ remove: zone }),
          }),
    [isDrawing, choices, desk],
  );
  useEffect(() => {
    if (pen === null) {
      return;
    }

    const escape = (event: KeyboardEvent): void => {
      const isTyped = event.target instanceof HTMLInputElement && event.target.type === 'text';
      if (event.key === 'Escape' && !isTyped && !pen.cancel()) {
        desk.draw(false);
      }
    };
    addEventListener('keydown', escape);
    return () => {
      removeEventListener('keydown', escape);
      pen.cancel();
    };
  }, [pen, desk]);
  return pen;
}

/** Takes the pen out and puts it away. */
export function ForbidToggle() {
  const { desk, choices } = useZones();
  const isDrawing = useSyncExternalStore(desk.subscribe, () => desk.shown.isDrawing);
  return choices === null ? null : (
    <button
      type="button"
      className="tool"
      aria-pressed={isDrawing}
      data-testid="forbid-toggle"
      title="Draw discs that no region of interest may touch: press at the centre, drag, release. A click on a disc removes it; Escape ends"
      onClick={() => desk.draw(!isDrawing)}
    >
      forbid
    </button>
  );
}

/** The zones as a list, each with a button that removes it; with the pen out, a field for numbers. */
export function ZoneList() {
  const { desk, choices } = useZones();
  const { zones, isDrawing, refusal } = useSyncExternalStore(desk.subscribe, () => desk.shown);
  if (zones.length === 0 && !isDrawing && refusal === '') {
    return null;
  }

  return (
    <div className="zone-list" data-testid="zone-list">
      <span title="No region of interest may touch these discs">forbidden</span>
      <ul aria-label="Forbidden zones: x, y and radius">
        {zones.map((zone, i) => (
          <li key={`${zone.x_um} ${zone.y_um} ${zone.radius_um}`} data-testid="zone-entry">
            {number(zone.x_um)}, {number(zone.y_um)} · r {formatMicrometres(zone.radius_um)}
            {choices !== null && (
              <button
                type="button"
                aria-label={`Remove the forbidden zone at x ${number(zone.x_um)}, y ${number(zone.y_um)}, radius ${formatMicrometres(zone.radius_um)}`}
                onClick={(event) => {
                  focusBeside(event.currentTarget, i);
                  desk.change({ remove: zone });
                }}
              >
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      {isDrawing && choices !== null && <ZoneField choices={choices} add={(zone) => desk.change({ add: zone })} />}
      {refusal !== '' && (
        <p className="refusal" role="alert">
          {refusal}
        </p>
      )}
    </div>
  );
}

/** A disc in numbers; Enter takes it. */
function ZoneField({ choices, add }: { readonly choices: ZoneChoices; readonly add: (zone: Zone) => void }) {
  const [typed, setTyped] = useState('');
  const zone = readZone(typed, choices);
  return (
    <input
      type="text"
      autoComplete="off"
      placeholder="x, y, radius"
      aria-label="Forbid a disc: x, y and radius in micrometres"
      aria-invalid={typed.trim() !== '' && zone === null}
      data-testid="zone-field"
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && zone !== null) {
          add(zone);
          setTyped('');
        } else if (event.key === 'Escape') {
          setTyped('');
        }
      }}
    />
  );
}

/** Whoever removes zones with the keyboard goes on with the next one. */
function focusBeside(button: HTMLButtonElement, i: number): void {
  const others = [...(button.closest('ul')?.querySelectorAll('button') ?? [])].filter((other) => other !== button);
  (others[Math.min(i, others.length - 1)] ?? document.querySelector<HTMLButtonElement>('[data-testid=forbid-toggle]'))?.focus();
}

const number = (value_um: number): string => formatMicrometres(value_um).replace(' µm', '');

/** What may be drawn in the scan that runs; null while none does, or while nothing may. */
function useZoneChoices(model: LiveModel, desk: ZoneDesk): ZoneChoices | null {
  const scan = useLive(model, 'scan', (m) => m.scan);
  const status = useLive(model, 'connection', (m) => m.connection.status);
  const ended = useLive(model, 'state', (m) => m.state !== null && hasEnded(m.state));
  const [choices, setChoices] = useState<ZoneChoices | null>(null);
  useEffect(() => {
    let isOld = false;
    setChoices(null);
    if (scan !== null && status === 'open' && !ended) {
      askZones().then(
        (told) => {
          if (!isOld && told !== null) {
            desk.tell(told.list);
            setChoices(told.choices.control ? told.choices : null);
          }
        },
        () => undefined,
      );
    }

    return () => {
      isOld = true;
    };
  }, [scan, status, ended, desk]);
  return choices;
}
