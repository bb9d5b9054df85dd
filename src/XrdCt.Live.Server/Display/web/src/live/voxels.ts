/**
 * The pattern of the voxel under the pointer. It is asked for, not sent: half a gigabyte of patterns changes with every
 * projection. One question at a time, and the newest place counts.
 */
import type { LiveModel } from './model';
import type { Slice } from './protocol';

/** While the pointer rests, the pattern is asked for again whenever the slice or the slices of every bin have grown. */
export function followVoxel(model: LiveModel, ask: (row: number, column: number) => Promise<Float32Array | null> = askServer): () => void {
  let asking = false;
  let again = false;

  const look = (): void => {
    if (asking) {
      again = true;
      return;
    }

    const place = placeOf(model);
    if (place === null) {
      model.setVoxel(null);
      return;
    }

    asking = true;
    ask(place.row, place.column)
      .catch(() => null)
      .then((values) => {
        asking = false;
        const now = placeOf(model);
        const isThere = now !== null && now.row === place.row && now.column === place.column;
        if (isThere || values === null) {
          model.setVoxel(values === null ? null : { x_um: place.x_um, y_um: place.y_um, values });
        }

        if (again) {
          again = false;
          look();
        }
      });
  };

  let seen = '';
  const lookAfterGrowth = (): void => {
    const grown = `${model.state?.volumeProjectionCount} ${model.state?.volumeLag_s === 0}`;
    if (grown !== seen) {
      seen = grown;
      look();
    }
  };

  const stop = [model.subscribe('hover', look), model.subscribe('slice', look), model.subscribe('state', lookAfterGrowth)];
  return () => stop.forEach((end) => end());
}

/** The pixel of the slice that the pointer is over. */
export function placeOf(model: {
  readonly hover: LiveModel['hover'];
  readonly slice: Pick<Slice, 'size' | 'pixelSize_um'> | null;
}): { row: number; column: number; x_um: number; y_um: number } | null {
  const { hover, slice } = model;
  if (hover === null || hover.kind !== 'point' || slice === null) {
    return null;
  }

  const middle = Math.floor(slice.size / 2);
  const column = Math.round(hover.x_um / slice.pixelSize_um) + middle;
  const row = Math.round(hover.y_um / slice.pixelSize_um) + middle;
  const isInside = column >= 0 && row >= 0 && column < slice.size && row < slice.size;
  return isInside ? { row, column, x_um: hover.x_um, y_um: hover.y_um } : null;
}

async function askServer(row: number, column: number): Promise<Float32Array | null> {
  const answer = await fetch(new URL(`api/voxel?row=${row}&column=${column}`, document.baseURI));
  return answer.status === 200 ? littleEndian(await answer.arrayBuffer()) : null;
}

function littleEndian(bytes: ArrayBuffer): Float32Array {
  const view = new DataView(bytes);
  return Float32Array.from({ length: Math.floor(bytes.byteLength / 4) }, (_, i) => view.getFloat32(4 * i, true));
}
