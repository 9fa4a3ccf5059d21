import { isPlain } from './protocol.ts';

/** Takes what arrives, message by message. */
export type Sink = (message: unknown) => void;
/** Ends a connection. */
export type Close = () => void;

/** `refused`: by a relay that is there; it is not asked again. */
export type SocketStatus = 'connecting' | 'open' | 'closed' | 'refused';

const AGAIN = 2_000; // ms

/** Messages of a relay; after a break it is called again, and tells everything anew: `onStatus('open')` comes first. */
export function fromSocket(url: string, sink: Sink, onStatus: (status: SocketStatus) => void): Close {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  let wasOpen = false;
  const connect = () => {
    onStatus('connecting');
    socket = new WebSocket(url);
    socket.onopen = () => {
      wasOpen = true;
      onStatus('open');
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') sink(parsed(data));
    };
    socket.onclose = async () => {
      const isRefused = !wasOpen && (await isServedBy(url));
      if (over) return;
      onStatus(isRefused ? 'refused' : 'closed');
      if (isRefused) return;
      timer = setTimeout(connect, AGAIN);
    };
  };
  connect();
  return () => {
    over = true;
    clearTimeout(timer);
    socket?.close();
  };
}

/**
 * Whether an address is of the service that this page is from, and that service answers. A browser does not tell why a socket
 * was not opened: if the service is there, it was not willing.
 */
async function isServedBy(url: string): Promise<boolean> {
  if (new URL(url).host !== location.host) return false;
  return fetch(location.pathname, { method: 'HEAD', cache: 'no-store' }).then(
    () => true,
    () => false,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isFromHere = (origin: string) =>
  origin === location.origin || /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin);

/**
 * Messages of the window that opened this one, or that shows it in a frame, as `createBrowserInspector({ url })` does; of
 * pages of this machine only.
 */
export function fromOpener(sink: Sink): Close {
  const other: Window | null = window.opener ?? (window.parent === window ? null : window.parent);
  const listen = ({ source, origin, data }: MessageEvent) => {
    if (source === other && isFromHere(origin) && isPlain(data)) sink(data);
  };
  addEventListener('message', listen);
  other?.postMessage({ type: '@statelyai.connected' }, '*'); // says no more than that this page is there
  return () => removeEventListener('message', listen);
}

/** Name of the channel on which pages of the same origin may send. */
const CHANNEL = 'xstate-inspect';

export function fromChannel(sink: Sink): Close {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => sink(typeof data === 'string' ? parsed(data) : data);
  return () => channel.close();
}
