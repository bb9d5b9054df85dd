/**
 * What the page knows. Messages change it at once; whoever shows it is told in one go, from an animation frame, so that
 * pixels are drawn imperatively and never pass through React's state.
 */
import { useSyncExternalStore } from 'react';
import { type LiveMessage, noiseOf, type Patterns, type Roi, type Scan, type Sinogram, type Slice, type State } from './protocol';

export type Topic = 'scan' | 'state' | 'roi' | 'pattern' | 'sinogram' | 'slice' | 'channel' | 'connection' | 'hover' | 'voxel';

/** `lost` carries the reason as far as the server told one. */
export interface Connection {
  readonly status: 'connecting' | 'open' | 'lost';
  readonly since: number;
  readonly reason: string;
}

/** What the pointer is over: a point of the slice, or a ray (a cell of the sinogram). */
export type Hover =
  | { readonly kind: 'point'; readonly x_um: number; readonly y_um: number }
  | { readonly kind: 'ray'; readonly theta_deg: number; readonly t_um: number };

/** The reconstructed pattern of the voxel under the pointer. */
export interface Voxel {
  readonly x_um: number;
  readonly y_um: number;
  readonly values: Float32Array;
}

export class LiveModel {
  scan: Scan | null = null;
  state: State | null = null;
  /** `performance.now()` when the state came, ms: its ages go on counting from there. */
  stateAt = 0;
  roi: Roi | null = null;
  pattern: Patterns | null = null;
  channel: string | null = null;
  hover: Hover | null = null;
  voxel: Voxel | null = null;
  connection: Connection = { status: 'connecting', since: performance.now(), reason: '' };
  /** WebSocket messages since the page was opened. */
  messages = 0;

  private readonly sinograms = new Map<string, Sinogram>();
  private readonly slices = new Map<string, Slice>();
  private readonly listeners = new Map<Topic, Set<() => void>>();
  private readonly dirty = new Set<Topic>();

  /** Sinogram of the channel on show. */
  get sinogram(): Sinogram | null {
    return (this.channel !== null && this.sinograms.get(this.channel)) || null;
  }

  /** Slice of the channel on show. */
  get slice(): Slice | null {
    return (this.channel !== null && this.slices.get(this.channel)) || null;
  }

  /** Its noise, σ of each pixel; null where it is not known, as of channels other than the total. */
  get noise(): Slice | null {
    return (this.channel !== null && this.slices.get(noiseOf(this.channel))) || null;
  }

  readonly subscribe = (topic: Topic, listener: () => void): (() => void) => {
    let set = this.listeners.get(topic);
    if (set === undefined) {
      set = new Set();
      this.listeners.set(topic, set);
    }

    set.add(listener);
    return () => set.delete(listener);
  };

  /** Takes messages in; nobody is told before {@link flush}. */
  apply(messages: readonly LiveMessage[]): void {
    this.messages++;
    for (const message of messages) {
      this.dirty.add(message.kind);
      switch (message.kind) {
        case 'scan':
          this.startScan(message.body);
          break;
        case 'state':
          this.state = message.body;
          this.stateAt = performance.now();
          break;
        case 'roi':
          this.roi = message.body;
          break;
        case 'pattern':
          this.pattern = message.body;
          break;
        case 'sinogram':
          this.sinograms.set(message.body.channel, message.body);
          break;
        case 'slice':
          this.slices.set(message.body.channel, message.body);
          break;
      }
    }
  }

  /** Tells everybody what changed since the last time. */
  flush(): void {
    const topics = [...this.dirty];
    this.dirty.clear();
    for (const topic of topics) {
      this.tell(topic);
    }
  }

  selectChannel(name: string): void {
    this.channel = name;
    this.tell('channel');
    this.tell('sinogram');
    this.tell('slice');
  }

  setConnection(status: Connection['status'], reason = ''): void {
    if (status !== this.connection.status || (reason !== '' && reason !== this.connection.reason)) {
      this.connection = { status, since: performance.now(), reason };
      this.tell('connection');
    }
  }

  setHover(hover: Hover | null): void {
    this.hover = hover;
    this.tell('hover');
  }

  setVoxel(voxel: Voxel | null): void {
    if (voxel !== this.voxel) {
      this.voxel = voxel;
      this.tell('voxel');
    }
  }

  private startScan(scan: Scan): void {
    this.scan = scan;
    this.state = null;
    this.roi = null;
    this.pattern = null;
    this.hover = null;
    this.voxel = null;
    this.sinograms.clear();
    this.slices.clear();
    if (!scan.channels.some((channel) => channel.name === this.channel)) {
      this.channel = scan.channels[0]?.name ?? null;
      this.dirty.add('channel');
    }

    for (const topic of ['state', 'roi', 'pattern', 'sinogram', 'slice', 'hover', 'voxel'] as const) {
      this.dirty.add(topic);
    }
  }

  private tell(topic: Topic): void {
    this.listeners.get(topic)?.forEach((listener) => listener());
  }
}

/** React's view of one part of the model; `read` must give the same object until the topic changes. */
export function useLive<T>(model: LiveModel, topic: Topic, read: (model: LiveModel) => T): T {
  return useSyncExternalStore(
    (listener) => model.subscribe(topic, listener),
    () => read(model),
  );
}
