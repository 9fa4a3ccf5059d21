import pc from 'picocolors';
import { openReadOnly } from '../store/open.ts';
import type { AuditEntry, RequestRecord } from '../store/types.ts';

export interface InspectFlags {
  store: string;
  json?: boolean;
}

/**
 * Prints a recovery as its store has it, even while a service goes on with it.
 * @returns the exit code: 1 when there is none of that id.
 * @throws what `openReadOnly` does.
 */
export async function inspectRecovery(id: string, { store: file, json }: InspectFlags): Promise<number> {
  const store = await openReadOnly(file);
  try {
    const loaded = await store.load(id);
    if (!loaded) {
      console.error(`${file} has no recovery '${id}'`);
      return 1;
    }
    const { recovery, timers } = loaded;
    const requests = (await store.requestsOf(id)).map(withoutInput);
    const audit = await store.audit(id);
    if (json) console.log(JSON.stringify({ recovery, timers, requests, audit }, null, 2));
    else print(recovery, timers, requests, audit);
    return 0;
  } finally {
    await store.close();
  }
}

type Loaded = NonNullable<Awaited<ReturnType<Awaited<ReturnType<typeof openReadOnly>>['load']>>>;
type Shown = Omit<RequestRecord, 'input'>;

/** What a call was given is nobody's business here, sealed or not. */
const withoutInput = ({ input: _, ...request }: RequestRecord): Shown => request;

const at = (instant: number) => new Date(instant).toISOString();

function print(
  { id, accountId, status, state, version, machineVersion, policyVersion, createdAt, updatedAt }: Loaded['recovery'],
  timers: Loaded['timers'],
  requests: Shown[],
  audit: (AuditEntry & { seq: number })[],
): void {
  console.log(`${pc.bold(id)} of account ${accountId}`);
  console.log(`${status}, ${pc.cyan(state)}, version ${version}, machine ${machineVersion}, policy ${policyVersion}`);
  console.log(`begun ${at(createdAt)}, changed ${at(updatedAt)}`);
  section('timers', timers, (timer) => `${at(timer.dueAt)}  ${timer.id}`);
  section(
    'calls in the outbox',
    requests,
    ({ key, kind, tries, notBefore }) => `${key}  ${kind}, tried ${tries} times, next at ${at(notBefore)}`,
  );
  section('audit trail', audit, ({ seq, at: instant, kind, data }) => {
    return `${String(seq).padStart(4)}  ${at(instant)}  ${kind.padEnd(8)} ${pc.dim(JSON.stringify(data))}`;
  });
}

function section<T>(title: string, items: readonly T[], line: (item: T) => string): void {
  console.log(`\n${title}: ${items.length === 0 ? 'none' : items.length}`);
  for (const item of items) console.log(`  ${line(item)}`);
}
