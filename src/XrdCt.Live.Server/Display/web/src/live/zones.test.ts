import { describe, expect, it } from 'vitest';
import { after, askForZones, askZones, readZone, type ZoneChange, ZoneDesk, type ZoneList } from './zones';

const at = new URL('http://127.0.0.1:8050/api/zones');
const a = { x_um: -110, y_um: 60, radius_um: 50 };
const b = { x_um: 20, y_um: 0, radius_um: 10 };
const c = { x_um: 0, y_um: 0, radius_um: 0 };
const choices = { most: 64, reach_um: 2000, radius_um: [0, 1000] as const };
const tick = () => new Promise((done) => setTimeout(done, 0));

/** A server with a list of its own, and what it was sent. */
function server(list: ZoneList) {
  const sent: RequestInit[] = [];
  const told = () => Response.json({ ...held.list, control: true, choices });
  const held = {
    list,
    sent,
    meanwhile: () => {},
    fetch: (_: URL, request?: RequestInit): Promise<Response> => {
      if (request === undefined) {
        return Promise.resolve(told());
      }

      sent.push(request);
      held.meanwhile();
      held.meanwhile = () => {};
      const { revision, zones_um } = JSON.parse(request.body as string) as { revision: number; zones_um: number[][] };
      if (revision !== held.list.revision) {
        return Promise.resolve(new Response('Somebody else changed the forbidden zones meanwhile.\n', { status: 409 }));
      }

      held.list = { revision: revision + 1, zones: zones_um.map(([x_um, y_um, radius_um]) => ({ x_um, y_um, radius_um })) };
      return Promise.resolve(told());
    },
  };
  return held;
}

describe('after', () => {
  it('adds what is not there and removes what is', () => {
    expect(after([a], [{ add: b }, { add: { ...a } }, { remove: { ...a } }, { remove: c }])).toEqual([b]);
    expect(after([a, b], [])).toEqual([a, b]);
  });
});

describe('askZones', () => {
  it('reads the list and what may be drawn', async () => {
    expect(await askZones(server({ revision: 7, zones: [a] }).fetch, at)).toEqual({
      list: { revision: 7, zones: [a] },
      choices: { ...choices, control: true },
    });
  });

  it('finds none where no scan runs', async () => {
    expect(await askZones(() => Promise.resolve(new Response(null, { status: 204 })), at)).toBeNull();
  });
});

describe('askForZones', () => {
  it('posts the whole new list with its revision, as JSON', async () => {
    const held = server({ revision: 7, zones: [a] });
    const list = await askForZones({ revision: 7, zones: [a] }, [{ add: b }], held.fetch, at);
    expect(list).toMatchObject({ revision: 8, zones: [a, b] });
    expect(held.sent[0]).toMatchObject({
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"revision":7,"zones_um":[[-110,60,50],[20,0,10]]}',
    });
  });

  it('keeps what somebody else changed meanwhile', async () => {
    const held = server({ revision: 9, zones: [c] });
    expect(await askForZones({ revision: 7, zones: [a] }, [{ add: b }, { remove: a }], held.fetch, at)).toMatchObject({
      revision: 10,
      zones: [c, b],
    });
    expect(held.sent).toHaveLength(2);
  });

  it('gives up where somebody changes them each time', async () => {
    let revision = 0;
    const never = (_: URL, request?: RequestInit) =>
      Promise.resolve(
        request === undefined
          ? Response.json({ revision: ++revision, zones: [], control: true, choices })
          : new Response('Somebody else did.\n', { status: 409 }),
      );
    expect(await askForZones({ revision: 0, zones: [] }, [{ add: b }], never, at)).toBe('Somebody else did.');
    expect(revision).toBe(4);
  });

  it('gives the sentence of a refusal, and one of its own where nobody answers', async () => {
    const over = (_: URL, request?: RequestInit) =>
      Promise.resolve(request === undefined ? new Response(null, { status: 204 }) : new Response('No scan runs.\n', { status: 409 }));
    expect(await askForZones({ revision: 0, zones: [] }, [{ add: b }], over, at)).toBe('No scan runs.');
    const refused = () => Promise.resolve(new Response('At most 64 zones are taken, not 65.\n', { status: 400 }));
    expect(await askForZones({ revision: 0, zones: [] }, [{ add: b }], refused, at)).toBe('At most 64 zones are taken, not 65.');
    expect(await askForZones({ revision: 0, zones: [] }, [{ add: b }], () => Promise.reject(new TypeError('gone')), at)).toBe(
      'The server cannot be reached.',
    );
  });
});

describe('ZoneDesk', () => {
  function desk() {
    const asked: { list: ZoneList; changes: readonly ZoneChange[] }[] = [];
    const answers: ((answer: ZoneList | string) => void)[] = [];
    const made = new ZoneDesk((list, changes) => {
      asked.push({ list, changes });
      return new Promise((answer) => answers.push(answer));
    });
    made.tell({ revision: 7, zones: [a] });
    return { made, asked, answers };
  }

  it('shows a change at once, and asks for one after the other with all that was wanted meanwhile', async () => {
    const { made, asked, answers } = desk();
    made.change({ add: b });
    made.change({ remove: a });
    made.change({ add: c });
    expect(made.shown.zones).toEqual([b, c]);
    expect(asked).toEqual([{ list: { revision: 7, zones: [a] }, changes: [{ add: b }] }]);

    answers[0]({ revision: 8, zones: [a, b] });
    await tick();
    expect(asked[1]).toEqual({ list: { revision: 8, zones: [a, b] }, changes: [{ remove: a }, { add: c }] });
    expect(made.shown.zones).toEqual([b, c]);
    answers[1]({ revision: 9, zones: [b, c] });
    await tick();
    expect(asked).toHaveLength(2);
    expect(made.shown.zones).toEqual([b, c]);
  });

  it('is not taken back by a list that was under way', async () => {
    const { made, answers } = desk();
    made.change({ add: b });
    answers[0]({ revision: 8, zones: [a, b] });
    await tick();
    made.tell({ revision: 7, zones: [a] });
    expect(made.shown.zones).toEqual([a, b]);
    made.tell({ revision: 9, zones: [c] });
    expect(made.shown.zones).toEqual([c]);
  });

  it('shows what holds where a change is refused, and says why until the next', async () => {
    const { made, answers } = desk();
    made.change({ add: b });
    answers[0]('At most 64 zones are taken, not 65.');
    await tick();
    expect(made.shown).toMatchObject({ zones: [a], refusal: 'At most 64 zones are taken, not 65.' });
    made.change({ remove: a });
    expect(made.shown).toMatchObject({ zones: [], refusal: '' });
  });

  it('forgets what was asked for in another scan', async () => {
    const { made, answers } = desk();
    made.change({ add: b });
    made.reset();
    made.tell({ revision: 3, zones: [c] });
    answers[0]({ revision: 8, zones: [a, b] });
    await tick();
    expect(made.shown.zones).toEqual([c]);
  });

  it('drops the sketch when the pen is put away', () => {
    const { made } = desk();
    let told = 0;
    const end = made.subscribe(() => told++);
    made.draw(true);
    made.sketch(b);
    expect(made.shown).toMatchObject({ isDrawing: true, sketch: b, zones: [a] });
    made.draw(false);
    expect(made.shown).toMatchObject({ isDrawing: false, sketch: null });
    end();
    made.draw(true);
    expect(told).toBe(3);
  });
});

describe('readZone', () => {
  it.each([
    ['-110, 60, 50', a],
    [' −110 60  50 ', a],
    ['20;0;10', b],
    ['0,0,0', c],
    ['1,2', null],
    ['1,2,3,4', null],
    ['1,2,x', null],
    ['2001,0,5', null],
    ['0,-2001,5', null],
    ['0,0,-1', null],
    ['0,0,1001', null],
    ['', null],
  ])('of %j is %j', (typed, zone) => {
    expect(readZone(typed, { ...choices, control: true })).toEqual(zone);
  });
});
