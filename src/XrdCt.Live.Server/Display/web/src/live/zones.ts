/**
 * Where no region of interest may be: discs that operators draw. The server has the list; a change replaces all of it and
 * says which revision it is of, so that two pages cannot undo each other's changes unseen.
 */
import type { LiveModel } from './model';
import type { Zone } from './protocol';

/** The zones of a revision. */
export interface ZoneList {
  readonly revision: number;
  readonly zones: readonly Zone[];
}

/** What may be drawn while a scan runs. */
export interface ZoneChoices {
  /** Whether this server takes changes at all. */
  readonly control: boolean;
  /** How many. */
  readonly most: number;
  /** Largest coordinate of a centre, to either side. */
  readonly reach_um: number;
  /** Least and most. */
  readonly radius_um: readonly [number, number];
}

export type ZoneChange = { readonly add: Zone } | { readonly remove: Zone };

type Fetch = (address: URL, request?: RequestInit) => Promise<Response>;

/** How often a change is made anew of a list that somebody else has changed meanwhile. */
const mostTries = 5;

const address = (): URL => new URL('api/zones', document.baseURI);

const sameZone = (a: Zone, b: Zone): boolean => a.x_um === b.x_um && a.y_um === b.y_um && a.radius_um === b.radius_um;

/** The list after some changes. What is there is not added again, what is gone is not missed. */
export function after(zones: readonly Zone[], changes: readonly ZoneChange[]): readonly Zone[] {
  return changes.reduce(
    (list, change) =>
      'remove' in change
        ? list.filter((zone) => !sameZone(zone, change.remove))
        : list.some((zone) => sameZone(zone, change.add))
          ? list
          : [...list, change.add],
    zones,
  );
}

/** Asks for the list and for what may be drawn; null where no scan runs, or one in which nothing is placed. */
export async function askZones(
  ask: Fetch = fetch,
  from: URL = address(),
): Promise<{ readonly list: ZoneList; readonly choices: ZoneChoices } | null> {
  const answer = await ask(from);
  if (answer.status !== 200) {
    return null;
  }

  const told = (await answer.json()) as ZoneList & { control: boolean; choices: Omit<ZoneChoices, 'control'> };
  return { list: { revision: told.revision, zones: told.zones }, choices: { ...told.choices, control: told.control } };
}

/**
 * Asks for changes of a list; where somebody else has changed that meanwhile, of the new one.
 * @returns the list that holds then, or the sentence with which the server refuses the changes.
 */
export async function askForZones(
  list: ZoneList,
  changes: readonly ZoneChange[],
  ask: Fetch = fetch,
  at: URL = address(),
): Promise<ZoneList | string> {
  try {
    for (let attempt = 1, known = list; ; attempt++) {
      const wanted = after(known.zones, changes).map((zone) => [zone.x_um, zone.y_um, zone.radius_um]);
      const answer = await ask(at, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ revision: known.revision, zones_um: wanted }),
      });
      if (answer.status === 200) {
        return (await answer.json()) as ZoneList;
      }

      const newer = answer.status === 409 && attempt < mostTries ? await askZones(ask, at) : null;
      if (newer === null) {
        return answer.ok ? known : (await answer.text()).trim();
      }

      known = newer.list;
    }
  } catch {
    return 'The server cannot be reached.';
  }
}

/** What this page shows of the zones: those of the server, with what is asked for already in place. */
export interface ZonesShown {
  readonly zones: readonly Zone[];
  /** The disc under the pen; null while none is drawn. */
  readonly sketch: Zone | null;
  /** Whether the pen is out. */
  readonly isDrawing: boolean;
  /** Why the last change was refused; empty while it was not. */
  readonly refusal: string;
}

/** Keeps the list of zones, and asks for one change after the other. */
export class ZoneDesk {
  shown: ZonesShown = { zones: [], sketch: null, isDrawing: false, refusal: '' };

  private known: ZoneList = { revision: 0, zones: [] };
  private asked: readonly ZoneChange[] = [];
  private waiting: readonly ZoneChange[] = [];
  private scan = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly ask: (list: ZoneList, changes: readonly ZoneChange[]) => Promise<ZoneList | string> = askForZones,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Another scan: nothing of the one before holds. */
  reset(): void {
    this.scan++;
    this.known = { revision: 0, zones: [] };
    this.asked = [];
    this.waiting = [];
    this.show({ sketch: null, refusal: '' });
  }

  /** Takes a list that the server tells; an older one than is known was under way when that was made. */
  tell(list: ZoneList): void {
    if (list.revision >= this.known.revision) {
      this.known = list;
      this.show({});
    }
  }

  /** Asks for a change; what is wanted while another one is asked for goes together with the next. */
  change(change: ZoneChange): void {
    this.waiting = [...this.waiting, change];
    this.show({ refusal: '' });
    if (this.asked.length === 0) {
      void this.askNext();
    }
  }

  /** Takes the pen out, or puts it away with what it drew. */
  draw(isDrawing: boolean): void {
    this.show({ isDrawing, sketch: null });
  }

  sketch(sketch: Zone | null): void {
    this.show({ sketch });
  }

  private async askNext(): Promise<void> {
    const scan = this.scan;
    this.asked = this.waiting;
    this.waiting = [];
    const answer = await this.ask(this.known, this.asked);
    if (scan !== this.scan) {
      return;
    }

    this.asked = [];
    if (typeof answer === 'string') {
      this.show({ refusal: answer });
    } else {
      this.tell(answer);
    }

    if (this.waiting.length > 0) {
      void this.askNext();
    }
  }

  private show(changed: Partial<ZonesShown>): void {
    this.shown = { ...this.shown, ...changed, zones: after(this.known.zones, [...this.asked, ...this.waiting]) };
    this.listeners.forEach((listener) => listener());
  }
}

/** Tells the desk what comes with the live messages. @returns what ends that. */
export function followZones(model: LiveModel, desk: ZoneDesk): () => void {
  let scan = model.scan;
  const tell = (): void => {
    if (model.scan !== scan) {
      scan = model.scan;
      desk.reset();
    }

    if (model.roi !== null) {
      desk.tell({ revision: model.roi.zonesRevision, zones: model.roi.zones });
    }
  };
  tell();
  const ends = [model.subscribe('scan', tell), model.subscribe('roi', tell)];
  return () => ends.forEach((end) => end());
}

/** `50 µm around (−110, 60) µm` as a person types it: x, y, radius; null for what is no zone of the choices. */
export function readZone(text: string, choices: ZoneChoices): Zone | null {
  const numbers = text
    .replaceAll('−', '-')
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number);
  const [x_um, y_um, radius_um] = numbers;
  return numbers.length === 3 &&
    Math.abs(x_um) <= choices.reach_um &&
    Math.abs(y_um) <= choices.reach_um &&
    radius_um >= choices.radius_um[0] &&
    radius_um <= choices.radius_um[1]
    ? { x_um: x_um + 0, y_um: y_um + 0, radius_um: radius_um + 0 }
    : null;
}
