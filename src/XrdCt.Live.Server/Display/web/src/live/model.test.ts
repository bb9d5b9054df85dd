import { describe, expect, it, vi } from 'vitest';
import { LiveModel } from './model';
import type { LiveMessage, Scan, Slice } from './protocol';

function scan(...names: string[]): LiveMessage {
  const channels = names.map((name) => ({ name, kind: 'Total', lower: -Infinity, upper: Infinity }));
  return { kind: 'scan', body: { title: 'scan', channels } as unknown as Scan };
}

function slice(channel: string, value: number): LiveMessage {
  const body: Slice = { channel, size: 1, pixelSize_um: 10, projectionCount: 1, values: Float32Array.of(value) };
  return { kind: 'slice', body };
}

describe('LiveModel', () => {
  it('shows the first channel, and another one from what it has already', () => {
    const model = new LiveModel();
    model.apply([scan('total', 'peak'), slice('total', 1), slice('peak', 2)]);
    expect(model.slice?.values[0]).toBe(1);
    model.selectChannel('peak');
    expect(model.slice?.values[0]).toBe(2);
  });

  it('has the noise of the channel on show, where there is one, beside its slice', () => {
    const model = new LiveModel();
    model.apply([scan('total', 'peak'), slice('total', 1), slice('peak', 2), slice('σ(total)', 0.1)]);
    expect([model.slice?.values[0], model.noise?.values[0]]).toEqual([1, Math.fround(0.1)]);
    model.selectChannel('peak');
    expect([model.slice?.values[0], model.noise]).toEqual([2, null]);
    model.apply([scan('total')]);
    expect([model.channel, model.noise]).toEqual(['total', null]);
  });

  it('tells each listener once per flush, and only of what changed', () => {
    const model = new LiveModel();
    model.apply([scan('total')]);
    model.flush();
    const [onSlice, onRoi] = [vi.fn(), vi.fn()];
    model.subscribe('slice', onSlice);
    model.subscribe('roi', onRoi);
    model.apply([slice('total', 1)]);
    model.apply([slice('total', 2)]);
    expect(onSlice).not.toHaveBeenCalled();
    model.flush();
    model.flush();
    expect(onSlice).toHaveBeenCalledTimes(1);
    expect(onRoi).not.toHaveBeenCalled();
  });

  it('forgets the old scan when a new one starts, but keeps the channel that is looked at', () => {
    const model = new LiveModel();
    model.apply([scan('total', 'peak'), slice('peak', 2)]);
    model.selectChannel('peak');
    model.apply([scan('total', 'peak')]);
    expect(model.channel).toBe('peak');
    expect(model.slice).toBeNull();
    model.apply([scan('other')]);
    expect(model.channel).toBe('other');
  });
});
