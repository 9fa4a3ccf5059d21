import { type DoneActorEvent, fromPromise, type PromiseActorLogic } from 'xstate';
import type { AccountFacts } from './account.ts';
import type * as z from './zod.ts';

/** What a path of one's own brings beside its chart: ports, the types of its events, and texts. */

/** What a sandbox knows, for the answers of ports of one's own. */
export interface SandboxView {
  account: AccountFacts;
  /** What can be seen or heard on a picture, scan or recording: nothing is amiss where nothing is said. */
  captured(ref: string): { match?: number; ofOwner?: boolean; live?: boolean };
}

/** A port: what it does, what it is given and answers, and how often the host makes one call (see `ports`). */
export interface PortSpec<
  I extends z.core.$ZodObject = z.core.$ZodObject,
  O extends z.core.$ZodType = z.core.$ZodType,
> {
  does: string;
  input: I;
  output: O;
  tries: number;
  /** What a sandbox answers, and a scenario that says nothing else. */
  sandbox?(input: z.infer<I>, world: SandboxView): z.input<O> | Promise<z.input<O>>;
}

/** Ports by name. */
export type PortRegistry = Readonly<Record<string, PortSpec>>;

/** A port of one's own, checked by the compiler. */
export const definePort = <I extends z.core.$ZodObject, O extends z.core.$ZodType>(
  spec: PortSpec<I, O>,
): PortSpec<I, O> => spec;

/**
 * The actor of a port of one's own, for `setup({ actors })`: under the port's name in the chart as well.
 * @param carryOut answers the call where the chart runs alone; a host provides its own.
 */
export function portActor<I extends z.core.$ZodObject, O extends z.core.$ZodType>(
  name: string,
  _: PortSpec<I, O>,
  carryOut: (input: z.infer<I>) => Promise<z.infer<O>> = () =>
    Promise.reject(new Error(`port '${name}' is not provided`)),
): PromiseActorLogic<z.infer<O>, z.infer<I>> {
  return fromPromise<z.infer<O>, z.infer<I>>(({ input }) => carryOut(input));
}

/** The events of one's own, as a machine receives them; `at` is the host's stamp, in ms. */
export type OwnEvents<E extends Record<string, { schema: z.core.$ZodObject }>> = {
  [K in keyof E]: z.infer<E[K]['schema']> & { at?: number };
}[keyof E];

/** The events with which ports of one's own answer, each invoked under its own name. */
export type OwnAnswers<P extends Record<string, PortSpec>> = {
  [K in keyof P & string]: DoneActorEvent<z.infer<P[K]['output']>, K> & { at?: number };
}[keyof P & string];

/** What a path of one's own says in one language, beside what every path may say. */
export interface PathTexts {
  /** By the path's own states, joined by dots: `scanning.awaiting`; a state without one has that of the state around it. */
  states: Readonly<Record<string, string>>;
  /** What someone does who sends an event of its own, by type. */
  events?: Readonly<Record<string, string>>;
  /** Why it is not offered, or ended, or what is told of the last try. */
  reasons?: Readonly<Record<string, string>>;
  /** What falls due, by the name of the delay. */
  deadlines?: Readonly<Record<string, string>>;
}
