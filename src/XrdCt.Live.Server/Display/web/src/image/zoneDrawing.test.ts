import { describe, expect, it } from 'vitest';
import type { Zone } from '../live/protocol';
import { discOf, zoneAt, zonePen } from './zoneDrawing';

// Two µm a pixel of the screen: a click is within eight.
const at = (x: number, y: number) => ({ x, y, perPixel: 2 });

describe('discOf', () => {
  it('has its centre where the pen was pressed and reaches to where it is', () => {
    expect(discOf(at(-110, 60), at(-80, 20), 1000)).toEqual({ x_um: -110, y_um: 60, radius_um: 50 });
  });

  it('rounds to a tenth of a micrometre, without a minus before zero', () => {
    const disc = discOf(at(-0.04, 12.3456), at(20, 12.3456), 1000)!;
    expect(disc).toEqual({ x_um: 0, y_um: 12.3, radius_um: 20 });
    expect(Object.is(disc.x_um, 0)).toBe(true);
  });

  it('is none for a click, whose hand may shake by a few pixels', () => {
    expect(discOf(at(5, 5), at(5, 5), 1000)).toBeNull();
    expect(discOf(at(5, 5), at(13, 5), 1000)).toBeNull();
    expect(discOf(at(5, 5), at(13.1, 5), 1000)).toEqual({ x_um: 5, y_um: 5, radius_um: 8.1 });
  });

  it('is no larger than the server takes', () => {
    expect(discOf(at(0, 0), at(3000, 4000), 1010)).toEqual({ x_um: 0, y_um: 0, radius_um: 1010 });
  });
});

describe('zoneAt', () => {
  const large = { x_um: 0, y_um: 0, radius_um: 100 };
  const small = { x_um: 50, y_um: 0, radius_um: 20 };
  const spot = { x_um: -300, y_um: 0, radius_um: 0 };

  it('finds the smallest zone under the pen', () => {
    expect(zoneAt([large, small, spot], at(45, 5))).toBe(small);
    expect(zoneAt([small, large, spot], at(0, 99))).toBe(large);
    expect(zoneAt([large, small, spot], at(0, 101))).toBeNull();
  });

  it('finds a point as far as a click is', () => {
    expect(zoneAt([large, small, spot], at(-308, 0))).toBe(spot);
    expect(zoneAt([large, small, spot], at(-309, 0))).toBeNull();
  });
});

describe('zonePen', () => {
  function trace() {
    const done: [string, Zone | null][] = [];
    const zone = { x_um: 0, y_um: 0, radius_um: 30 };
    const pen = zonePen({
      zones: () => [zone],
      mostRadius_um: () => 500,
      sketch: (drawn) => done.push(['sketch', drawn]),
      add: (added) => done.push(['add', added]),
      remove: (removed) => done.push(['remove', removed]),
    });
    return { pen, done, zone };
  }

  it('sketches while it is dragged and adds what it drew', () => {
    const { pen, done } = trace();
    pen.press(at(100, 0));
    pen.move(at(101, 0));
    pen.move(at(120, 0));
    pen.release(at(140, 0));
    expect(done).toEqual([
      ['sketch', null],
      ['sketch', { x_um: 100, y_um: 0, radius_um: 20 }],
      ['sketch', null],
      ['add', { x_um: 100, y_um: 0, radius_um: 40 }],
    ]);
  });

  it('draws a disc that begins in another one', () => {
    const { pen, done } = trace();
    pen.press(at(10, 0));
    pen.release(at(60, 0));
    expect(done.at(-1)).toEqual(['add', { x_um: 10, y_um: 0, radius_um: 50 }]);
  });

  it('removes the zone that is clicked, and does nothing beside it', () => {
    const { pen, done, zone } = trace();
    pen.press(at(10, 10));
    pen.release(at(11, 10));
    expect(done.at(-1)).toEqual(['remove', zone]);
    pen.press(at(100, 100));
    pen.release(at(100, 101));
    expect(done.filter(([what]) => what !== 'sketch')).toHaveLength(1);
  });

  it('leaves no trace of a stroke that is cancelled', () => {
    const { pen, done } = trace();
    expect(pen.cancel()).toBe(false);
    pen.press(at(100, 0));
    pen.move(at(150, 0));
    expect(pen.cancel()).toBe(true);
    pen.move(at(160, 0));
    pen.release(at(170, 0));
    expect(done.map(([what]) => what)).toEqual(['sketch', 'sketch', 'sketch']);
    expect(done.at(-1)![1]).toBeNull();
  });
});
