import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

/** A connection on which a commit has just been sent: from here on nothing goes through by itself, in either direction. */
export interface Held {
  /** The end at the client, and the end at the server. */
  near: Socket;
  far: Socket;
  /** What the client sent. */
  commit: Buffer;
}

/** As the driver sends it, whether or not it is prepared. */
const COMMIT = Buffer.from('commit\0');

/** The way to a server, over which the next commit meets a fate. */
export class CommitRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #fate: ((held: Held) => void) | undefined;

  private constructor(to: number) {
    this.#server = createServer((near) => this.#join(near, createConnection(to, '127.0.0.1')));
  }

  static async open(to: number): Promise<CommitRelay> {
    const relay = new CommitRelay(to);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** @param fate is given the next commit, in place of the server. */
  next(fate: (held: Held) => void): void {
    this.#fate = fate;
  }

  #join(near: Socket, far: Socket): void {
    let isHeld = false;
    near.on('data', (commit) => {
      const fate = commit.includes(COMMIT) ? this.#fate : undefined;
      if (!fate) return isHeld || far.write(commit);
      isHeld = true;
      this.#fate = undefined;
      return fate({ near, far, commit });
    });
    far.on('data', (answer) => isHeld || near.write(answer));
    for (const [from, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!isHeld) other.destroy();
      });
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
