import type { AnyStateMachine } from 'xstate';
import type { OpenOptions, TabActor } from './actor.ts';
import { TabDatabase } from './database.ts';
import { DurableActor, nameOf, type RulesOf } from './durable-actor.ts';
import { fingerprintOf } from './fingerprint.ts';
import { whileNobodyLeads } from './tabs.ts';

const DATABASE = 'regain';

/**
 * Opens a durable actor in this tab: takes it up where it was left, or starts it. Of the tabs that have it open one is the
 * host; when that one closes, another takes over.
 * @throws TabError `noLocks`, `unknownPort`, `machineChanged`, `notMigrated`; StepError when the machine fails at its start;
 * DurabilityError for a machine that cannot be durable.
 */
export function openActor<M extends AnyStateMachine>(machine: M, options: OpenOptions<M>): Promise<TabActor<M>> {
  return openWith(machine, options, () => ({ secretsOf: () => options.secrets ?? [] }));
}

/** The same, for machines with rules of their own. @param group of actors that belong together. */
export async function openWith<M extends AnyStateMachine>(
  machine: M,
  options: OpenOptions<M>,
  rulesOf: RulesOf,
  group = '',
): Promise<DurableActor<M>> {
  const named = { ...options, database: options.database ?? DATABASE };
  const actor = new DurableActor(machine, await fingerprintOf(machine), named, rulesOf, group);
  try {
    await actor.open();
    return actor;
  } catch (error) {
    await actor.close();
    throw error;
  }
}

/** Removes an actor and all that is kept of it, as soon as no tab has it open. */
export async function forgetActor(id: string, database: string = DATABASE): Promise<void> {
  const db = new TabDatabase(database);
  await whileNobodyLeads(nameOf(database, id), () => db.remove(id)).finally(() => db.close());
}
