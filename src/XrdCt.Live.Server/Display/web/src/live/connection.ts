/**
 * The WebSocket to the server. After painting a message the page acknowledges it, and only then the server sends what
 * became new in the meantime: a slow page skips pictures, it never lags behind.
 */
import type { LiveModel } from './model';
import { decodeMessages } from './protocol';

const reconnectAfter_ms = 1000;

/** A server that is about to end accepts and closes at once; a connection is one that lasts, or brings something. */
const lasting_ms = 500;

/** A hidden page gets no animation frames; it takes data in at this pace, to be up to date when it comes back. */
const hiddenPace_ms = 250;

/** Connects, and again whenever the connection goes. */
export function connectLive(model: LiveModel): void {
  const address = new URL('live', document.baseURI);
  address.protocol = address.protocol.replace('http', 'ws');
  let socket: WebSocket | null = null;

  const open = (): void => {
    if (model.channel !== null) {
      address.searchParams.set('channel', model.channel);
    }

    const current = new WebSocket(address);
    socket = current;
    current.binaryType = 'arraybuffer';
    let lasting: ReturnType<typeof setTimeout> | undefined;
    current.onopen = () => {
      lasting = setTimeout(() => model.setConnection('open'), lasting_ms);
    };
    current.onclose = (event) => {
      clearTimeout(lasting);
      socket = null;
      model.setConnection('lost', event.reason);
      setTimeout(open, reconnectAfter_ms);
    };
    current.onmessage = (event) => {
      try {
        model.apply(decodeMessages(event.data as ArrayBuffer));
        model.setConnection('open');
      } catch (error) {
        console.error(error);
        current.close(4000, 'The page does not understand the server; reload it.');
        return;
      }

      afterPaint(
        () => model.flush(),
        () => send(current, { ack: 1 }),
      );
    };
  };

  model.subscribe('channel', () => {
    if (socket !== null && model.channel !== null) {
      send(socket, { channel: model.channel });
    }
  });
  open();
}

function afterPaint(paint: () => void, done: () => void): void {
  if (document.hidden) {
    setTimeout(() => {
      paint();
      done();
    }, hiddenPace_ms);
    return;
  }

  let pending = true;
  const finish = (): void => {
    if (pending) {
      pending = false;
      document.removeEventListener('visibilitychange', finish);
      paint();
      // A task after the frame's callbacks: the browser has painted by then.
      setTimeout(done, 0);
    }
  };

  // A page that is hidden before its frame comes would otherwise wait for it until it is shown again.
  document.addEventListener('visibilitychange', finish);
  requestAnimationFrame(finish);
}

function send(socket: WebSocket, message: object): void {
  if (socket.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify(message));
  }
}
