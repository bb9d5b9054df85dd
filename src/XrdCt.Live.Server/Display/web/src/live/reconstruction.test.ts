import { describe, expect, it } from 'vitest';
import { askChoices, askFor, type Change, has, inOrder, over, progressOf, readAxis } from './reconstruction';

const at = new URL('http://127.0.0.1:8050/api/reconstruction');
const settings = { filter: 'hann', axis_px: NaN, air: true };

describe('askChoices', () => {
  it('reads what may be chosen', async () => {
    const told = {
      filter: 'hann',
      axis_px: null,
      air: true,
      control: false,
      choices: { filter: ['ramp', 'hann'], axis_px: [-5, 5], air: [true, false] },
    };
    const choices = await askChoices(() => Promise.resolve(Response.json(told)), at);
    expect(choices).toEqual({ control: false, filter: ['ramp', 'hann'], axis_px: [-5, 5], air: [true, false] });
  });

  it('finds none where no scan runs', async () => {
    expect(await askChoices(() => Promise.resolve(new Response(null, { status: 204 })), at)).toBeNull();
  });
});

describe('askFor', () => {
  it('posts the change as JSON, without what is to stay', async () => {
    const sent: RequestInit[] = [];
    const refusal = await askFor(
      { axis_px: null, filter: undefined },
      (_, request) => {
        sent.push(request!);
        return Promise.resolve(Response.json({}));
      },
      at,
    );
    expect(refusal).toBeNull();
    expect(sent[0]).toMatchObject({ method: 'POST', body: '{"axis_px":null}', headers: { 'Content-Type': 'application/json' } });
  });

  it('gives the sentence of a refusal, and one of its own where nobody answers', async () => {
    const refused = () => Promise.resolve(new Response('No scan runs.\n', { status: 409 }));
    expect(await askFor({ air: true }, refused, at)).toBe('No scan runs.');
    expect(await askFor({ air: true }, () => Promise.reject(new TypeError('gone')), at)).toBe('The server cannot be reached.');
  });
});

describe('inOrder', () => {
  it('asks one after the other, with all that was wanted meanwhile', async () => {
    const asked: Change[] = [];
    const answers: ((refusal: string | null) => void)[] = [];
    const told: (string | null)[] = [];
    const change = inOrder(
      (refusal) => told.push(refusal),
      (wanted) => {
        asked.push(wanted);
        return new Promise((answer) => answers.push(answer));
      },
    );

    change({ filter: 'hamming' });
    change({ filter: 'cosine', air: false });
    change({ filter: 'hann' });
    expect(asked).toEqual([{ filter: 'hamming' }]);
    answers[0]('refused');
    await new Promise((done) => setTimeout(done, 0));
    expect(asked).toEqual([{ filter: 'hamming' }, { filter: 'hann', air: false }]);
    answers[1](null);
    await new Promise((done) => setTimeout(done, 0));
    expect(told).toEqual(['refused', null]);
    change({ axis_px: null });
    expect(asked[2]).toEqual({ axis_px: null });
  });
});

describe('a change that waits for its state', () => {
  it('is shown over the state', () => {
    expect(over(settings, { axis_px: 1.25 })).toEqual({ filter: 'hann', axis_px: 1.25, air: true });
    expect(over({ ...settings, axis_px: 2 }, { axis_px: null, air: false })).toEqual({ ...settings, air: false });
    expect(over(settings, null)).toBe(settings);
  });

  it('is there when the state has all of it', () => {
    expect(has(settings, { axis_px: null })).toBe(true);
    expect(has(settings, { filter: 'hann', air: true })).toBe(true);
    expect(has(settings, { filter: 'hann', air: false })).toBe(false);
    expect(has(settings, { filter: 'ramp' })).toBe(false);
    expect(has({ ...settings, axis_px: 1 }, { axis_px: null })).toBe(false);
  });
});

describe('readAxis', () => {
  it.each([
    ['', null],
    ['  ', null],
    ['1.25', 1.25],
    [' −0,5 ', -0.5],
    ['5', 5],
    ['5.01', undefined],
    ['-6', undefined],
    ['about 1', undefined],
    ['NaN', undefined],
  ])('of %j is %j', (typed, axis) => {
    expect(readAxis(typed, [-5, 5])).toBe(axis);
  });
});

describe('progressOf', () => {
  it('counts seconds once there are some', () => {
    expect(progressOf(0)).toBe('');
    expect(progressOf(0.3)).toBe('recomputing…');
    expect(progressOf(4.2)).toBe('recomputing… 4 s');
  });
});
