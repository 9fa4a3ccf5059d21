import { execFileSync } from 'node:child_process';

/** Of RFC 2544, for networks that are only tried: nobody else's. */
const network = (pid: number) => `198.18.${(pid >> 6) & 255}.${(pid & 63) * 4}`;
const beside = (base: string, by: number) => base.replace(/\d+$/, (last) => String(Number(last) + by));

const ip = (command: string) => execFileSync('ip', command.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });

/** A network namespace of the kernel, with a cable to it that can be unplugged. */
export class Namespace {
  readonly #name = `regain-${process.pid}`;
  /** Of whoever listens inside. */
  readonly address = beside(network(process.pid), 2);

  /** @throws Error where the machine has no `ip`, or does not permit it. */
  constructor() {
    const outside = `rg${process.pid}`;
    ip(`netns add ${this.#name}`);
    process.once('exit', () => this.remove());
    ip(`link add ${outside} type veth peer name eth0 netns ${this.#name}`);
    ip(`addr add ${beside(network(process.pid), 1)}/30 dev ${outside}`);
    ip(`link set ${outside} up`);
    ip(`-n ${this.#name} addr add ${this.address}/30 dev eth0`);
    this.heal();
  }

  /** The command and arguments by which something runs inside. */
  inside = (command: string, args: string[]): [string, string[]] => [
    'ip',
    ['netns', 'exec', this.#name, command, ...args],
  ];

  /** What is sent is lost; nobody is told. */
  cut(): void {
    ip(`-n ${this.#name} link set eth0 down`);
  }

  heal(): void {
    ip(`-n ${this.#name} link set eth0 up`);
  }

  remove(): void {
    try {
      ip(`netns del ${this.#name}`);
    } catch {
      // it is gone
    }
  }
}
