import { useEffect, useRef, useState } from 'react';
import type { InspectedRecovery } from '../../../src/http/inspector-view.ts';
import { type Search, type Service, ServiceError } from './service.ts';

/** How the page stands with the service. */
export type Connection = 'connecting' | 'live' | 'away';

const AGAIN = 1_000; // ms

/**
 * Follows what the service tells, and comes again when it is away.
 * @param onNews told of what changed; undefined after a new connection, when anything may have changed.
 */
export function useNews(
  service: Service,
  onNews: (recoveryIds: readonly string[] | undefined) => void,
  onRefused: (error: ServiceError) => void,
): Connection {
  const [connection, setConnection] = useState<Connection>('connecting');
  const told = useRef({ onNews, onRefused });
  told.current = { onNews, onRefused };
  useEffect(() => {
    const gone = new AbortController();
    const run = async () => {
      while (!gone.signal.aborted) {
        let isNew = true;
        try {
          await service.follow((ids) => {
            setConnection('live');
            told.current.onNews(isNew ? undefined : ids);
            isNew = false;
          }, gone.signal);
        } catch (error) {
          if (gone.signal.aborted) return;
          if (error instanceof ServiceError && error.code !== 'away' && error.code !== 'refused') {
            told.current.onRefused(error);
            return;
          }
        }
        if (gone.signal.aborted) return;
        setConnection('away');
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    };
    void run();
    return () => gone.abort();
  }, [service]);
  return connection;
}

/**
 * What is asked for, asked again when `version` changes: one question at a time, however often it changes meanwhile. While
 * an answer is awaited the last one stays; what fails is asked again with the next change.
 */
export function useAsked<T>(
  ask: (last: T | undefined) => Promise<T>,
  version: string,
): { answer?: T; code?: ServiceError['code'] } {
  const [state, setState] = useState<{ answer?: T; code?: ServiceError['code'] }>({});
  const last = useRef<T>(undefined);
  const asked = useRef(ask);
  asked.current = ask;
  const wanted = useRef('');
  const isAsking = useRef(false);
  useEffect(() => {
    const run = async () => {
      isAsking.current = true;
      for (let done: string | undefined; done !== wanted.current; ) {
        done = wanted.current;
        try {
          const answer = await asked.current(last.current);
          last.current = answer;
          setState({ answer });
        } catch (error) {
          if (error instanceof ServiceError) setState((so) => ({ ...so, code: error.code }));
        }
      }
      isAsking.current = false;
    };
    wanted.current = version;
    if (!isAsking.current) void run();
  }, [version]);
  return state;
}

/** One recovery; of its history only what is new is asked for. */
export async function nextOf(
  service: Service,
  id: string,
  last: InspectedRecovery | undefined,
): Promise<InspectedRecovery> {
  const known = last?.recoveryId === id ? last.history : [];
  const next = await service.recovery(id, known.at(-1)?.seq ?? 0);
  return { ...next, history: [...known, ...next.history] };
}

export const NO_SEARCH: Search = { text: '', path: '', status: '', overdue: false };

/** The clock of the service, second by second: how far it was ahead when it last told. */
export function useServiceClock(now: number | undefined): number {
  const [ahead, setAhead] = useState(0);
  const [time, setTime] = useState(() => Date.now());
  useEffect(() => {
    if (now !== undefined) setAhead(now - Date.now());
  }, [now]);
  useEffect(() => {
    const ticking = setInterval(() => setTime(Date.now()), 1_000);
    return () => clearInterval(ticking);
  }, []);
  return time + ahead;
}
