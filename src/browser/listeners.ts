/** Ends a subscription: to be called, as React does, or by its method, as XState does. */
export type Unsubscribe = (() => void) & { unsubscribe(): void };

/** Called with each new value, or an observer as XState has them. */
export type Listener<T> = ((value: T) => void) | { next?: (value: T) => void };

/**
 * A value that changes over time. `useSyncExternalStore(store.subscribe, store.getSnapshot)` of React takes it as it is, and
 * so does `useSelector(store, …)` of `@xstate/react`; the value stays the same object until it changes.
 */
export interface Readable<T> {
  getSnapshot: () => T;
  subscribe: (listener: Listener<T>) => Unsubscribe;
}

/** Who wants to be told of a value. */
export class Listeners<T> {
  readonly #all = new Set<{ listener: Listener<T> }>();

  add(listener: Listener<T>): Unsubscribe {
    const entry = { listener };
    this.#all.add(entry);
    const unsubscribe = () => void this.#all.delete(entry);
    return Object.assign(() => unsubscribe(), { unsubscribe });
  }

  /** A listener that throws keeps no other from being told. */
  tell(value: T): void {
    for (const { listener } of [...this.#all]) {
      try {
        if (typeof listener === 'function') listener(value);
        else listener.next?.(value);
      } catch (error) {
        console.error(error);
      }
    }
  }
}
