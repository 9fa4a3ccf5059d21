import type { AnyEventObject } from 'xstate';
import { checkedEvent } from '../../../src/host/check.ts';
import { Refusal } from '../../../src/host/refusal.ts';
import { sender } from '../../../src/scenario/sender.ts';
import { type Reply, Simulation } from './simulation.ts';
import type { Setting, Subject } from './subject.ts';
import type { Answering, World } from './world.ts';

/** Steps that one command may lead to: a machine that goes round without end is stopped. */
const MOST = 2_000;

/** A simulation that goes round without end. */
class Endless extends Error {
  override readonly name = 'Endless';
}

/**
 * A simulation with a world that answers its calls, as far as it is let. Commands are carried out one after the other; each
 * ends when nothing is left to answer at that instant.
 */
export class Simulator {
  readonly subject: Subject;
  readonly setting: Setting;
  readonly simulation: Simulation;
  world: World;
  readonly #answering = new Map<string, Answering>();
  #others: Answering = 'world';
  #queue: Promise<unknown> = Promise.resolve();

  constructor(subject: Subject, setting: Setting, world: World) {
    this.subject = subject;
    this.setting = setting;
    this.world = world;
    const { machine } = subject;
    this.simulation = new Simulation({ machine, input: subject.input(setting), now: setting.now });
  }

  answeringOf(port: string): Answering {
    return this.#answering.get(port) ?? this.#others;
  }
  /** How all ports answer for which nothing else was said. */
  get others(): Answering {
    return this.#others;
  }

  /** Lets a port answer otherwise; without a port, all of them. */
  answerBy(answering: Answering, port?: string): Promise<void> {
    return this.#do(() => {
      if (port !== undefined) this.#answering.set(port, answering);
      else {
        this.#others = answering;
        this.#answering.clear();
      }
    });
  }

  /** Lets what the start led to be answered. */
  begin(): Promise<void> {
    return this.#do(() => {});
  }

  /**
   * Sends an event, checked as a host does: by its schema, and by who may send it.
   * @param as `owner`, `contact:k1`, `agent:7` or `staff`; by default whoever the event belongs to.
   */
  send(event: AnyEventObject, as?: string): Promise<void> {
    return this.#do(() => {
      const { events } = this.subject;
      if (this.subject.kind === 'foreign') return this.simulation.send(event);
      try {
        if (!events[event.type])
          throw new Refusal('invalidEvent', `there is no event '${event.type}'`, { field: 'type' });
        const { by, event: said } = sender(event, as, events);
        this.simulation.send(checkedEvent(events, said, by, this.setting.device.deviceId).checked);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { code, reason, field, message } = error;
        this.simulation.refuse(event, { code, message, ...(reason ? { reason } : {}), ...(field ? { field } : {}) });
      }
    });
  }

  /** Answers a call by hand, lets it fail, or lets it hang. */
  answer(key: string, reply: Reply): Promise<void> {
    return this.#do(() => {
      if (reply === 'hangs') this.simulation.plan(key, reply, this.simulation.now);
      else this.simulation.reply(key, reply);
    });
  }

  /** Lets time pass: everything that falls due on the way happens as of its own instant, in due order. */
  advance(ms: number): Promise<void> {
    return this.#do(() => this.#advanceTo(this.simulation.now + ms));
  }

  /** Lets time pass until something has fallen due. */
  toNext(): Promise<void> {
    return this.#do(() => {
      const due = this.simulation.nextDue;
      if (due !== undefined) this.simulation.advance(due);
    });
  }

  goTo(index: number): Promise<void> {
    return this.#queued(async () => this.simulation.goTo(index));
  }

  async #advanceTo(instant: number): Promise<void> {
    for (let count = 0; this.simulation.advance(instant); count++) {
      if (count > MOST) throw new Endless(`more than ${MOST} things fell due`);
      await this.#settle();
    }
  }

  #do(act: () => void | Promise<void>): Promise<void> {
    return this.#queued(async () => {
      await act();
      await this.#settle();
    });
  }

  #queued(act: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => {});
    return done;
  }

  /** Lets the calls be answered that nobody has seen to. */
  async #settle(): Promise<void> {
    const { simulation } = this;
    for (let count = 0; ; count++) {
      if (count > MOST) throw new Endless(`more than ${MOST} calls were made at one instant`);
      const due = simulation.nextDue;
      if (due !== undefined && due <= simulation.now && simulation.advance(simulation.now)) continue;
      const call = simulation.current.calls.find(({ reply, port }) => !reply && this.answeringOf(port) !== 'hand');
      if (!call) return;
      const answering = this.answeringOf(call.port);
      if (answering === 'hangs') simulation.plan(call.key, 'hangs', simulation.now);
      else if (answering === 'fails') simulation.reply(call.key, { throws: 'out of order' });
      else {
        const said = await this.world.reply(call, simulation.now);
        if (!said) return;
        if (said.after > 0 || said.reply === 'hangs')
          simulation.plan(call.key, said.reply, simulation.now + said.after);
        else simulation.reply(call.key, said.reply);
      }
    }
  }
}
