import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

/** The way to a server, which can be cut: nothing comes through then, and nobody is told. */
export class Relay {
  readonly #server: Server;
  readonly #ways = new Set<[Socket, Socket]>();
  #isCut = false;

  private constructor(to: number) {
    this.#server = createServer((near) => {
      const far = createConnection(to, '127.0.0.1');
      const way: [Socket, Socket] = [near, far];
      this.#ways.add(way);
      for (const [from, other] of [way, [far, near] as const]) {
        from.on('error', () => {});
        from.on('close', () => {
          this.#ways.delete(way);
          other.destroy();
        });
        from.pipe(other);
        if (this.#isCut) from.unpipe(other).pause();
      }
    });
  }

  static async open(to: number): Promise<Relay> {
    const relay = new Relay(to);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const [near, far] of this.#ways) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  }

  /** What was on its way comes through late, to whoever still waits for it. */
  heal(): void {
    this.#isCut = false;
    for (const [near, far] of this.#ways) {
      near.pipe(far);
      far.pipe(near);
    }
  }

  async close(): Promise<void> {
    for (const way of this.#ways) for (const socket of way) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
