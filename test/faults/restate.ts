import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RestateReader } from '../restate/reader.ts';
import { Relay } from '../restate/relay.ts';
import { type RestateServer, startRestate } from '../restate/server.ts';
import type { Cluster } from './campaign.ts';
import { Child } from './service.ts';

/** The service in front of a Restate server of its own. */
export class OnRestate {
  readonly server: RestateServer;
  /** From the service to the server, and back; the address of the service stays over its deaths. */
  readonly ways: readonly [Relay, Relay];
  readonly #build: string | undefined;
  readonly #port: number;
  #service: Child | undefined;

  private constructor(server: RestateServer, ways: [Relay, Relay], port: number, build: string | undefined) {
    this.server = server;
    this.ways = ways;
    this.#port = port;
    this.#build = build;
  }

  /** @param build the build of the service to run; this project's own by default. */
  static async open(build?: string): Promise<OnRestate> {
    const server = await startRestate();
    const [there, back] = [await Relay.to(new URL(server.ingress).port), await Relay.to()];
    return new OnRestate(server, [there, back], await back.portBehind(), build);
  }

  get service(): Child {
    if (!this.#service) throw new Error('no campaign has started a service');
    return this.#service;
  }

  get cluster(): Cluster {
    const { admin } = this.server;
    const [there, back] = this.ways;
    const restate = { ingress: there.url, admin, listen: { port: this.#port }, advertised: back.url };
    const build = this.#build === undefined ? {} : { build: this.#build };
    return {
      open: async () => new RestateReader(this.server),
      served: (ports) => {
        const folder = mkdtempSync(join(tmpdir(), 'regain-on-restate-'));
        this.#service = new Child({ ...ports, ...build, folder, restate });
        return this.#service;
      },
    };
  }

  async close(): Promise<void> {
    for (const way of this.ways) way.close();
    await this.server.close();
  }
}
