import { describe, expect, it } from 'vitest';
import { askSteering, give, operatorIn, pause_ms, type Steering } from './steering';

const at = new URL('http://127.0.0.1/api/steering');
const offered: Steering = {
  phase: 'Offered',
  sentence: '',
  control: true,
  moves_stages: true,
  needs_operator: true,
  places: [],
  taken: null,
  by: '',
  expires_s: null,
  positions_mm: [0, 0],
  folder: null,
  token: null,
};

describe('askSteering', () => {
  it('is null where nothing is steered', async () => {
    expect(await askSteering(async () => new Response(null, { status: 204 }), at)).toBeNull();
    expect(await askSteering(async () => Response.json(offered), at)).toEqual(offered);
  });
});

describe('give', () => {
  it('sends the order with the token of the operator', async () => {
    const sent: RequestInit[] = [];
    const answer = await give({ propose: { x_um: -1, y_um: 2 } }, 't'.repeat(32), async (_, request) => {
      sent.push(request!);
      return Response.json(offered);
    }, at);
    expect(answer).toEqual(offered);
    expect(sent[0].body).toBe('{"propose":{"x_um":-1,"y_um":2}}');
    expect(new Headers(sent[0].headers).get('Authorization')).toBe(`Bearer ${'t'.repeat(32)}`);
  });

  it('sends no token where there is none, and tells why it is refused', async () => {
    const answer = await give({ stop: true }, '', async (_, request) => {
      expect(new Headers(request!.headers).has('Authorization')).toBe(false);
      return new Response('Nothing moves.\n', { status: 409 });
    }, at);
    expect(answer).toBe('Nothing moves.');
    expect(await give({ stop: true }, '', () => Promise.reject(new TypeError()), at)).toBe('The server cannot be reached.');
  });
});

it('watches motors more closely', () => {
  expect(pause_ms({ ...offered, phase: 'Moving' })).toBeLessThan(pause_ms(offered));
});

it('takes a token from the address, and nothing else for one', () => {
  expect(operatorIn(`#operator=${'a1'.repeat(32)}`)).toBe('a1'.repeat(32));
  expect(operatorIn('#operator=short')).toBeNull();
  expect(operatorIn(`#operator=${'ü'.repeat(40)}`)).toBeNull();
  expect(operatorIn('')).toBeNull();
});
