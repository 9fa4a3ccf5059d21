import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Instant } from '../core/index.ts';
import type { Observer } from '../host/delivery.ts';
import type { Store } from '../store/types.ts';

const SECOND = 1_000;

/** What operators watch, in Prometheus' text format. */
export class Metrics {
  readonly registry = new Registry();
  readonly observer: Observer;
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  readonly clockJumps: Counter;

  constructor(census: () => ReturnType<Store['census']>) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
      new Counter({ name, help, labelNames, registers });

    const steps = counter('regain_steps_total', 'Steps committed, by kind of input.', 'input');
    const refusals = counter('regain_refusals_total', 'Events that were refused, by code.', 'code');
    const retries = counter('regain_request_retries_total', 'Port calls that failed and are tried again.', 'port');
    const lateness = new Histogram({
      name: 'regain_timer_lateness_seconds',
      help: 'From the due instant of a timer until it was processed.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3_600],
      registers,
    });
    this.clockJumps = counter('regain_clock_jumps_total', 'Jumps of the machine’s clock beyond the limit.');
    this.requests = new Histogram({
      name: 'regain_http_request_duration_seconds',
      help: 'Requests answered.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
      registers,
    });
    this.observer = {
      stepped: (input, late) => {
        steps.inc({ input });
        if (late !== undefined) lateness.observe(late / SECOND);
      },
      refused: (code) => refusals.inc({ code }),
      retried: (port) => retries.inc({ port }),
    };

    new Gauge({
      name: 'regain_queue_depth',
      help: 'Port calls in the outbox, timers pending, and timers that are due.',
      labelNames: ['queue'],
      registers,
      async collect() {
        const { requests, timers, due } = await census();
        this.set({ queue: 'requests' }, requests);
        this.set({ queue: 'timers' }, timers);
        this.set({ queue: 'timersDue' }, due);
      },
    });
    new Gauge({
      name: 'regain_recoveries',
      help: 'Recoveries by status and state.',
      labelNames: ['status', 'state'],
      registers,
      async collect() {
        const { recoveries } = await census();
        this.reset();
        for (const { status, state, count } of recoveries) this.set({ status, state }, count);
      },
    });
  }
}

/** What a clock that jumped did: seen from the clock that only goes forward. */
export interface ClockJump {
  /** ms; negative for a step back. */
  by: number;
  at: Instant;
}

/**
 * Compares the machine's clock with the one that cannot be set, and tells of jumps (R44).
 * @returns what to call at each look.
 */
export function clockWatch(
  now: () => Instant,
  monotonic: () => number,
  limit: number,
  onJump: (jump: ClockJump) => void,
): () => void {
  let offset = now() - monotonic();
  return () => {
    const by = now() - monotonic() - offset;
    if (Math.abs(by) <= limit) return;
    offset += by;
    onJump({ by, at: now() });
  };
}
