import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A piece of network that can be cut: connections through it break, and new ones are refused, until it is mended. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #behind: number;
  #isCut = false;
  url = '';

  private constructor(behind: number) {
    this.#behind = behind;
    this.#server = createServer((socket) => {
      if (this.#isCut) return void socket.destroy();
      const other = connect(this.#behind, '127.0.0.1');
      for (const [one, two] of [
        [socket, other],
        [other, socket],
      ] as const) {
        this.#sockets.add(one);
        one.on('close', () => {
          this.#sockets.delete(one);
          two.destroy();
        });
        one.on('error', () => {});
        one.pipe(two);
      }
    });
  }

  /** @param behind the port to which it leads; a free one by default: see `portBehind`. */
  static async to(behind?: string): Promise<Relay> {
    const relay = new Relay(Number(behind ?? 0));
    relay.url = `http://127.0.0.1:${await listen(relay.#server)}`;
    return relay;
  }

  /** A free port to which it leads from now on. */
  async portBehind(): Promise<number> {
    const server = createServer();
    this.#behind = await listen(server);
    server.close();
    return this.#behind;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}
