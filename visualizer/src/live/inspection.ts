import { useSyncExternalStore } from 'react';
import type { ChartDefinition } from '../chart/definition.ts';
import { History } from './history.ts';
import { type Close, fromSocket, type SocketStatus } from './sources.ts';

/** What is inspected, for as long as the page is open, whatever view is shown. */
export class Inspection {
  history: History;
  status: SocketStatus | 'none' = 'none';
  /** Address of the relay. */
  address = '';
  readonly #better: (chart: ChartDefinition) => ChartDefinition;
  readonly #listeners = new Set<() => void>();
  #close: Close | undefined;
  #version = 0;
  #isAnnounced = false;

  constructor(better: (chart: ChartDefinition) => ChartDefinition) {
    this.#better = better;
    this.history = new History(better);
  }

  readonly receive = (message: unknown): void => {
    if (this.history.add(message)) this.#announce();
  };

  connect(address: string): void {
    this.disconnect();
    this.address = address;
    this.history = new History(this.#better);
    let isAgain = false;
    this.#close = fromSocket(address, this.receive, (status) => {
      this.status = status;
      if (status === 'open' && isAgain) this.history = new History(this.#better); // the relay tells all anew
      isAgain ||= status === 'open';
      this.#announce();
    });
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
    for (const message of messages) this.history.add(message);
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
