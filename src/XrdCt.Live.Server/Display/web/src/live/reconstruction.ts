/**
 * Changes of the reconstruction: what may be chosen is asked of the server; what was chosen comes with the state, whoever
 * chose it.
 */
import type { Reconstruction } from './protocol';

/** What may be chosen while a scan runs. */
export interface Choices {
  /** Whether this server takes changes at all. */
  readonly control: boolean;
  readonly filter: readonly string[];
  /** Least and most; null where the axis is found and cannot be set. */
  readonly axis_px: readonly [number, number] | null;
  readonly air: readonly boolean[];
}

/** A change; what it leaves out stays. An axis of null is that of the data. */
export interface Change {
  readonly filter?: string;
  readonly axis_px?: number | null;
  readonly air?: boolean;
}

type Fetch = (address: URL, request?: RequestInit) => Promise<Response>;

const address = (): URL => new URL('api/reconstruction', document.baseURI);

/** Asks what may be chosen; null where no scan runs. */
export async function askChoices(ask: Fetch = fetch, from: URL = address()): Promise<Choices | null> {
  const answer = await ask(from);
  if (answer.status !== 200) {
    return null;
  }

  const told = (await answer.json()) as { control: boolean; choices: Omit<Choices, 'control'> };
  return { ...told.choices, control: told.control };
}

/** Asks for a change. @returns the sentence with which the server refuses it; null where it does not. */
export async function askFor(change: Change, ask: Fetch = fetch, at: URL = address()): Promise<string | null> {
  try {
    const answer = await ask(at, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(change),
    });
    return answer.ok ? null : (await answer.text()).trim();
  } catch {
    return 'The server cannot be reached.';
  }
}

/**
 * Asks for one change at a time, since two requests may overtake each other; what is wanted meanwhile goes together with
 * the next one.
 * @param answered is told each refusal, and null for what was taken.
 */
export function inOrder(
  answered: (refusal: string | null) => void,
  ask: (change: Change) => Promise<string | null> = askFor,
): (change: Change) => void {
  let isAsking = false;
  let waiting: Change | null = null;

  const next = async (change: Change): Promise<void> => {
    isAsking = true;
    answered(await ask(change));
    isAsking = false;
    if (waiting !== null) {
      const wanted = waiting;
      waiting = null;
      void next(wanted);
    }
  };

  return (change) => {
    if (isAsking) {
      waiting = { ...waiting, ...change };
    } else {
      void next(change);
    }
  };
}

/** Whether a state has what was asked for. */
export function has(settings: Reconstruction, change: Change): boolean {
  return (
    (change.filter === undefined || change.filter === settings.filter) &&
    (change.air === undefined || change.air === settings.air) &&
    (change.axis_px === undefined || Object.is(change.axis_px ?? NaN, settings.axis_px))
  );
}

/** What to show until the state has a change: the change, over what the state has. */
export function over(settings: Reconstruction, change: Change | null): Reconstruction {
  return change === null
    ? settings
    : {
        filter: change.filter ?? settings.filter,
        axis_px: change.axis_px === undefined ? settings.axis_px : (change.axis_px ?? NaN),
        air: change.air ?? settings.air,
      };
}

/**
 * The axis that a person typed: null for an empty field (from the data), undefined for what is no number or none of the
 * choices.
 */
export function readAxis(text: string, limits: readonly [number, number]): number | null | undefined {
  const typed = text.trim().replace('−', '-').replace(',', '.');
  if (typed === '') {
    return null;
  }

  const value = Number(typed);
  return value >= limits[0] && value <= limits[1] ? value + 0 : undefined;
}

/** `recomputing…`, with the seconds once there are some; empty while slices are what the settings say. */
export function progressOf(lag_s: number): string {
  return lag_s >= 1 ? `recomputing… ${lag_s.toFixed(0)} s` : lag_s > 0 ? 'recomputing…' : '';
}
