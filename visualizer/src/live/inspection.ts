import { useSyncExternalStore } from 'react';
import type { ChartDefinition } from '../chart/definition.ts';
import { History, type Source } from './history.ts';
import { type Close, fromSocket, type SocketStatus } from './sources.ts';

/** What is inspected, for as long as the page is open, whatever view is shown. */
export class Inspection {
  history: History;
  status: SocketStatus | 'none' = 'none';
  /** Address of the relay, and the token that it needs; kept here alone, so that they last as long as the page. */
  address = '';
  token = '';
  readonly #better: (chart: ChartDefinition) => ChartDefinition;
  readonly #listeners = new Set<() => void>();
  #close: Close | undefined;
  #version = 0;
  #isAnnounced = false;

  constructor(better: (chart: ChartDefinition) => ChartDefinition) {
    this.#better = better;
    this.history = new History(better);
  }

  /** Takes what a source tells. */
  sink(source: Source): (message: unknown) => void {
    return (message) => {
      if (this.history.add(message, source)) this.#announce();
    };
  }

  connect(address: string, token = ''): void {
    this.disconnect();
    this.address = address;
    this.token = token;
    this.#forget('relay');
    let isAgain = false;
    this.#close = fromSocket(withToken(address, token), this.sink('relay'), (status) => {
      this.status = status;
      if (status === 'open' && isAgain) this.#forget('relay'); // it tells all anew
      isAgain ||= status === 'open';
      this.#announce();
    });
  }

  /** Keeps what came from elsewhere. */
  #forget(...sources: Source[]): void {
    const { entries } = this.history;
    this.history = new History(this.#better);
    for (const { message, source } of entries) if (!sources.includes(source)) this.history.add(message, source);
  }

  disconnect(): void {
    this.#close?.();
    this.#close = undefined;
    this.status = 'none';
    this.#announce();
  }

  /** Begins anew, with what a file holds. */
  load(messages: readonly unknown[]): void {
    this.disconnect();
    this.history = new History(this.#better);
    for (const message of messages) this.history.add(message, 'file');
    this.#announce();
  }

  /** However much comes in, the page is drawn once a frame. */
  #announce(): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    requestAnimationFrame(() => {
      this.#isAnnounced = false;
      this.#version++;
      for (const listener of this.#listeners) listener();
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly getVersion = (): number => this.#version;
}

/** @returns a number that changes with what is known. */
export const useInspection = (inspection: Inspection): number =>
  useSyncExternalStore(inspection.subscribe, inspection.getVersion);

function withToken(address: string, token: string): string {
  if (token === '') return address;
  const url = new URL(address);
  url.searchParams.set('token', token);
  return url.href;
}
