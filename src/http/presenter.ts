import type { EventRegistry } from '../../machines/events.ts';
import type { RecoveryPath } from '../../machines/path.ts';
import type { RecoveryView } from '../host/view.ts';
import { type Locale, textsOf } from '../texts/index.ts';
import { eventSchemas, type Glimpse, type Recovery } from './schemas.ts';

export const instant = (ms: number) => new Date(ms).toISOString();

/** Views of a recovery as the API gives them: instants as text, in the reader's language, each to whom it belongs. */
export class Presenter {
  readonly paths: readonly RecoveryPath[];
  readonly schemas: Readonly<Record<string, Record<string, unknown>>>;

  constructor(paths: readonly RecoveryPath[], events: EventRegistry) {
    this.paths = paths;
    this.schemas = eventSchemas(events);
  }

  /** @param may whether the reader may send events of a type. */
  recovery(view: RecoveryView, locale: Locale, may: (type: string) => boolean): Recovery {
    const texts = textsOf(view, locale, this.paths);
    const titled = (path: string) => ({ path, title: texts.paths[path] ?? path });
    const { recoveryId, accountId, version, status, state, tags, told, details, risk, output } = view;
    return {
      recoveryId,
      accountId,
      version,
      status,
      state,
      text: texts.state,
      tags,
      eligible: view.eligible.map(titled),
      ineligible: Object.entries(view.ineligible).map(([path, reason]) => ({
        ...titled(path),
        reason,
        text: texts.ineligible[path] ?? reason,
      })),
      allowed: this.#allowed(view, texts.allowed, may),
      deadlines: this.#deadlines(view, texts.deadlines),
      ...(told === undefined ? {} : { told: { reason: told, text: texts.told ?? told } }),
      ...(details ? { details } : {}),
      ...(risk === undefined ? {} : { risk }),
      ...(output ? { output } : {}),
      createdAt: instant(view.createdAt),
      updatedAt: instant(view.updatedAt),
    };
  }

  /** What someone else may see: what is asked of them, and until when; nothing of the account (R58). */
  glimpse(view: RecoveryView, locale: Locale, may: (type: string) => boolean): Glimpse {
    const texts = textsOf(view, locale, this.paths);
    const { recoveryId, version, status } = view;
    const allowed = this.#allowed(view, texts.allowed, may);
    const [first] = allowed.length === 0 ? [] : view.deadlines;
    return { recoveryId, version, status, allowed, ...(first ? { until: instant(first.at) } : {}) };
  }

  #allowed({ allowed }: RecoveryView, texts: Record<string, string>, may: (type: string) => boolean) {
    return allowed.filter(may).map((type) => ({ type, text: texts[type] ?? type, schema: this.schemas[type] ?? {} }));
  }

  #deadlines({ deadlines }: RecoveryView, texts: Record<string, string>) {
    return deadlines.map(({ name, at }) => ({ name, text: texts[name] ?? name, at: instant(at) }));
  }
}
