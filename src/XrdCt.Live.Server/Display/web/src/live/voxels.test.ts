import { describe, expect, it } from 'vitest';
import { LiveModel } from './model';
import type { Slice } from './protocol';
import { followVoxel, placeOf } from './voxels';

const slice: Slice = { channel: 'total', size: 5, pixelSize_um: 10, projectionCount: 3, values: new Float32Array(25) };
const point = (x_um: number, y_um: number) => ({ kind: 'point', x_um, y_um }) as const;

function modelWithSlice(): LiveModel {
  const model = new LiveModel();
  model.apply([
    { kind: 'scan', body: { title: '', source: '', note: '', channels: [{ name: 'total' }], plan: {}, axis: {} } as never },
    { kind: 'slice', body: slice },
  ]);
  model.flush();
  return model;
}

describe('placeOf', () => {
  it('counts pixels from the corner, with the axis in the middle', () => {
    expect(placeOf({ hover: point(0, 0), slice })).toMatchObject({ row: 2, column: 2 });
    expect(placeOf({ hover: point(20, -10), slice })).toMatchObject({ row: 1, column: 4 });
    expect(placeOf({ hover: point(30, 0), slice })).toBeNull();
    expect(placeOf({ hover: { kind: 'ray', theta_deg: 0, t_um: 0 }, slice })).toBeNull();
    expect(placeOf({ hover: null, slice })).toBeNull();
  });
});

describe('followVoxel', () => {
  it('asks one question at a time, and shows the newest place only', async () => {
    const model = modelWithSlice();
    const asked: string[] = [];
    const answers: ((values: Float32Array | null) => void)[] = [];
    followVoxel(model, (row, column) => {
      asked.push(`${row},${column}`);
      return new Promise((answer) => answers.push(answer));
    });

    model.setHover(point(0, 0));
    model.setHover(point(10, 0));
    model.setHover(point(20, 0));
    expect(asked).toEqual(['2,2']);
    answers[0](new Float32Array([1]));
    await Promise.resolve();
    await new Promise((done) => setTimeout(done, 0));
    expect(model.voxel).toBeNull();
    expect(asked).toEqual(['2,2', '2,4']);
    answers[1](new Float32Array([7]));
    await new Promise((done) => setTimeout(done, 0));
    expect(model.voxel).toMatchObject({ x_um: 20, y_um: 0, values: new Float32Array([7]) });
  });

  it('forgets the voxel when the pointer leaves, and where there is none', async () => {
    const model = modelWithSlice();
    let values: Float32Array | null = new Float32Array([3]);
    followVoxel(model, () => Promise.resolve(values));
    model.setHover(point(0, 0));
    await new Promise((done) => setTimeout(done, 0));
    expect(model.voxel?.values[0]).toBe(3);
    model.setHover(null);
    expect(model.voxel).toBeNull();
    values = null;
    model.setHover(point(0, 0));
    await new Promise((done) => setTimeout(done, 0));
    expect(model.voxel).toBeNull();
  });
});
