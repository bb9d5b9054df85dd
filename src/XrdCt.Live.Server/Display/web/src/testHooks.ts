import type { LiveModel } from './live/model';

declare global {
  interface Window {
    /**
     * What the page shows, for browser tests and curious people; read-only. `messages` counts WebSocket messages,
     * the rest is the newest of each kind of the channel on show, or null (see `live/protocol.ts`). Maps are
     * row-major: `slice.values[y * slice.size + x]`,
     * `sinogram.values[rotation * sinogram.translationCount + translation]`.
     */
    readonly __xrdct: Readonly<
      Pick<LiveModel, 'messages' | 'scan' | 'state' | 'roi' | 'pattern' | 'channel' | 'sinogram' | 'slice' | 'voxel'> & {
        connection: LiveModel['connection']['status'];
      }
    >;
  }
}

/** Puts `window.__xrdct` in place. */
export function installTestHooks(model: LiveModel): void {
  const view = {};
  for (const name of ['messages', 'scan', 'state', 'roi', 'pattern', 'channel', 'sinogram', 'slice', 'voxel'] as const) {
    Object.defineProperty(view, name, { enumerable: true, get: () => model[name] });
  }

  Object.defineProperty(view, 'connection', { enumerable: true, get: () => model.connection.status });
  Object.defineProperty(window, '__xrdct', { value: Object.freeze(view) });
}
