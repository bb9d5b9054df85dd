/**
 * Places of the coarse scan that an operator takes: what the server offers is asked for, again and again, since motors
 * that move have no frames that could carry it.
 */

export type SteeringPhase = 'Waiting' | 'Measuring' | 'Offered' | 'Proposed' | 'Moving' | 'Ready' | 'Scanning';

/** A move of a motor, mm; null where nobody knows where the motor is. */
export interface Move {
  readonly motor: string;
  readonly by_mm: number;
  readonly from_mm: number | null;
  readonly to_mm: number | null;
  readonly via_mm: number | null;
  readonly lowest_mm: number | null;
  readonly highest_mm: number | null;
}

/** A place, and the scan that it would be. */
export interface PlaceScan {
  readonly number: number;
  /** Which of the suggested places, from 1; 0 for none of them. */
  readonly rank: number;
  readonly x_um: number;
  readonly y_um: number;
  readonly frames: number;
  readonly duration_s: number;
  /** Why it cannot be measured; null where it can. */
  readonly obstacle: string | null;
  readonly moves: readonly Move[];
}

export interface Steering {
  readonly phase: SteeringPhase;
  readonly sentence: string;
  /** Whether this server takes orders at all. */
  readonly control: boolean;
  /** Whether it moves motors; if not, people do, by the macros. */
  readonly moves_stages: boolean;
  /** Whether it wants to know who orders. */
  readonly needs_operator: boolean;
  readonly places: readonly PlaceScan[];
  readonly taken: PlaceScan | null;
  readonly by: string;
  /** For how long the moves can be confirmed; null where nothing waits for that. */
  readonly expires_s: number | null;
  readonly positions_mm: readonly number[];
  readonly folder: string | null;
  /** Confirms the moves of the place that was just taken; only whoever took it has it. */
  readonly token: string | null;
}

export type Order =
  | { readonly propose: { readonly x_um: number; readonly y_um: number } }
  | { readonly confirm: string }
  | { readonly withdraw: true }
  | { readonly stop: true };

type Fetch = (address: URL, request?: RequestInit) => Promise<Response>;

const address = (): URL => new URL('api/steering', document.baseURI);

/** Asks how it stands; null where nothing is steered. */
export async function askSteering(ask: Fetch = fetch, from: URL = address()): Promise<Steering | null> {
  const answer = await ask(from);
  return answer.status === 200 ? ((await answer.json()) as Steering) : null;
}

/** Gives an order. @returns how it stands then, or the sentence with which it is refused. */
export async function give(
  order: Order,
  operator: string,
  ask: Fetch = fetch,
  at: URL = address(),
): Promise<Steering | string> {
  try {
    const answer = await ask(at, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(operator === '' ? {} : { Authorization: `Bearer ${operator}` }),
      },
      body: JSON.stringify(order),
    });
    return answer.ok ? ((await answer.json()) as Steering) : (await answer.text()).trim();
  } catch {
    return 'The server cannot be reached.';
  }
}

/** How long until it is asked again, ms: motors are watched more closely. */
export function pause_ms(steering: Steering | null): number {
  return steering === null ? 2000 : steering.phase === 'Moving' || steering.phase === 'Proposed' ? 300 : 1000;
}

/** A printable token as a header carries it. */
export function isToken(text: string): boolean {
  return /^[!-~]{32,}$/.test(text);
}

/** The operator's token in an address, `#operator=TOKEN`; null for none. */
export function operatorIn(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('operator');
  return token !== null && isToken(token) ? token : null;
}
