import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { isFromHere, isToken } from './access.ts';
import { type Reveal, redacted } from './redact.ts';

export interface InspectRelayOptions {
  /** Path before `/app`, to which programs send, and `/live`, where pages listen. */
  path: string;
  /** Needed by programs and pages as `?token=`; without one whatever runs on this machine may come. */
  token?: string;
  reveal: Reveal;
}

export interface InspectRelay {
  close(): void;
}

const MESSAGE = 1_024 * 1_024; // bytes
const KEPT = 5_000; // messages
const KEPT_BYTES = 32 * 1_024 * 1_024;
const ACTORS = 1_000; // messages that tell of an actor: without them the rest says little
const SOCKETS = 64;
const BEHIND = 16 * 1_024 * 1_024; // bytes that a page may be behind
const OTHER_USE = 1_008; // of a close: against the rules here

interface Kept {
  order: number;
  text: string;
}

/**
 * Passes on what programs tell by the protocol of `@statelyai/inspect`, to pages that look on: one way only, nothing ever
 * goes to a program. A page that comes later is told what was kept. Only this machine may come.
 */
export function createInspectRelay(server: Server, { path, token, reveal }: InspectRelayOptions): InspectRelay {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE, perMessageDeflate: false });
  const pages = new Set<WebSocket>();
  const kept = new KeptMessages();
  let programs = 0;

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const role = url.pathname === `${path}/app` ? 'app' : url.pathname === `${path}/live` ? 'page' : undefined;
    if (role === undefined) return refuse(socket, '404 Not Found');
    if (!isFromHere(request)) return refuse(socket, '403 Forbidden');
    if (token !== undefined && !isToken(url.searchParams.get('token'), token))
      return refuse(socket, '401 Unauthorized');
    if (sockets.clients.size >= SOCKETS) return refuse(socket, '503 Service Unavailable');
    sockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on('error', () => connection.terminate()); // such as a message that is too long
      if (role === 'page') return show(connection);
      const program = ++programs;
      connection.on('message', (data) => take(data, program));
    });
  };

  const take = (data: RawData, program: number) => {
    const found = redacted(parsed(String(data)), reveal);
    if (!found) return;
    const message = program === 1 ? found : ofProgram(found, program);
    const text = JSON.stringify(message);
    kept.add(text, message.type === '@xstate.actor');
    for (const page of pages) send(page, text);
  };
  const show = (page: WebSocket) => {
    pages.add(page);
    page.on('close', () => pages.delete(page));
    page.on('message', () => page.close(OTHER_USE, 'pages only look on'));
    for (const text of kept.all()) send(page, text);
  };

  server.on('upgrade', onUpgrade);
  return {
    close() {
      server.off('upgrade', onUpgrade);
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}

const SESSIONS = ['sessionId', 'sourceId', 'parentId', 'rootId'];

/** Every program counts its sessions from `x:0` on: those of a later one are told apart as `x:0@2`. */
const ofProgram = (message: Record<string, unknown>, program: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(message).map(([key, value]) => [
      key,
      SESSIONS.includes(key) && typeof value === 'string' ? `${value}@${program}` : value,
    ]),
  );

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => {}); // whoever was refused may be gone
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** A page that does not keep up is let go: it can come again, and is told what was kept. */
function send(page: WebSocket, text: string): void {
  if (page.bufferedAmount > BEHIND) page.terminate();
  else page.send(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The latest messages, and those that tell of actors for longer. */
class KeptMessages {
  readonly #actors: Kept[] = [];
  readonly #others: Kept[] = [];
  #bytes = 0;
  #order = 0;

  add(text: string, isActor: boolean): void {
    const list = isActor ? this.#actors : this.#others;
    list.push({ order: this.#order++, text });
    this.#bytes += text.length;
    if (this.#actors.length > ACTORS) this.#drop(this.#actors, 1);
    if (this.#others.length > KEPT || this.#bytes > KEPT_BYTES)
      this.#drop(this.#others, Math.ceil(this.#others.length / 10));
    if (this.#bytes > KEPT_BYTES) this.#drop(this.#actors, Math.ceil(this.#actors.length / 10));
  }

  #drop(list: Kept[], count: number): void {
    for (const { text } of list.splice(0, count)) this.#bytes -= text.length;
  }

  /** In the order in which they came. */
  all(): string[] {
    return [...this.#actors, ...this.#others].sort((a, b) => a.order - b.order).map(({ text }) => text);
  }
}
