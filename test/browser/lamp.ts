import { WebSocket } from 'ws';

/** A lamp that tells a relay of its being switched, as often as is asked for: each time an event and a snapshot. */
export class Lamp {
  readonly #socket: WebSocket;
  #count = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async at(relay: string): Promise<Lamp> {
    const socket = new WebSocket(relay);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const lamp = new Lamp(socket);
    const definition = JSON.stringify({
      id: 'lamp',
      initial: 'off',
      states: { off: { on: { TAP: 'on' } }, on: { on: { TAP: 'off' } } },
    });
    lamp.#tell({ type: '@xstate.actor', name: 'lamp', definition, snapshot: { status: 'active', value: 'off' } });
    return lamp;
  }

  tap(times: number): void {
    for (let time = 0; time < times; time++) {
      const event = { type: 'TAP', count: ++this.#count };
      const snapshot = { status: 'active', value: this.#count % 2 ? 'on' : 'off' };
      this.#tell({ type: '@xstate.event', event });
      this.#tell({ type: '@xstate.snapshot', event, snapshot });
    }
  }

  close(): void {
    this.#socket.close();
  }

  #tell(message: object): void {
    this.#socket.send(JSON.stringify({ sessionId: 'x:0', createdAt: '1', ...message }));
  }
}
