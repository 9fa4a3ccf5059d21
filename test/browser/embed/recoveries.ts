import type { RefusalCode } from '../../../machines/outcome.ts';
import { openRecovery, type TabRecovery } from '../../../src/browser/index.ts';
import type { By, Recoveries, RecoveriesOptions, Start } from '../../../src/host/api.ts';
import { Refusal } from '../../../src/host/refusal.ts';
import type { AuditEntry } from '../../../src/store/types.ts';

type Opened = Omit<RecoveriesOptions, 'store'>;

/** The recoveries of one scenario in a tab, behind the interface that the scenarios are run on. */
export class TabRecoveries {
  readonly #database: string;
  readonly #started: { id: string; start: Start; policy: unknown }[] = [];
  #open: TabRecovery[] = [];

  constructor(database: string) {
    this.#database = database;
  }

  /** As a page that is loaded: what was started is opened again. */
  readonly open = async (options: Opened): Promise<Recoveries> => {
    const { ports, clock, retryDelay, newId, onError } = options;
    const begin = ({ id, start, policy }: { id: string; start: Start; policy: unknown }) =>
      openRecovery({
        ...start,
        id,
        ports,
        database: this.#database,
        policy: policy as object,
        network: start.network ?? {},
        ...(clock ? { clock } : {}),
        ...(retryDelay ? { retryDelay } : {}),
        ...(onError ? { onError } : {}),
      });
    this.#open = await Promise.all(this.#started.map(begin));
    const of = (id: string) => {
      const found = this.#open.find((recovery) => recovery.id === id);
      if (!found) throw new Refusal('unknownRecovery', id);
      return found;
    };
    const host: Pick<Recoveries, 'start' | 'send' | 'get' | 'audit' | 'idle' | 'close'> = {
      start: async (start, policy) => {
        const at = clock?.now() ?? 0;
        const live = this.#open.findLast(({ info, view }) => {
          return info.getSnapshot().status === 'active' && view.getSnapshot().state !== 'observing';
        });
        const begun = this.#started.find(({ id }) => id === live?.id);
        if (begun && begun.start.device.deviceId !== start.device.deviceId) throw new Refusal('conflict', 'elsewhere');
        if (begun) return { recoveryId: begun.id, existing: true, at };
        const id = newId?.() ?? '';
        const next = { id, start, policy };
        this.#started.push(next);
        this.#open.push(await begin(next));
        return { recoveryId: id, existing: false, at };
      },
      send: async (recovery, event, by?: By) => {
        const id = typeof recovery === 'string' ? recovery : recovery.recoveryId;
        const sent = await of(id).send(event, by);
        if (!sent.taken) throw new Refusal(sent.code as RefusalCode, sent.message ?? '');
        return of(id).view.getSnapshot();
      },
      get: async (id) => of(id).view.getSnapshot(),
      audit: async (id) => (await of(id).log()).map((entry, index) => ({ ...auditOf(entry), seq: index + 1 })),
      idle: async () => {
        for (const recovery of this.#open) await recovery.idle();
      },
      close: async () => {
        await Promise.all(this.#open.map((recovery) => recovery.close()));
      },
    };
    return host as Recoveries;
  };
}

function auditOf({ at, kind, data }: Awaited<ReturnType<TabRecovery['log']>>[number]): AuditEntry {
  const states = (value: unknown) => (Array.isArray(value) ? value.join(',') : value);
  const named = kind === 'sent' ? 'notice' : kind;
  return { at, kind: named, data: { ...data, ...(data.to ? { to: states(data.to) } : {}) } };
}
