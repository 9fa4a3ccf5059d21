/** What is kept of one kind of secret for one account and purpose. It never holds the secret itself (R6). */
export interface CodeSlot {
  /** The one that may still be used; an earlier one is gone when a new one comes (R5). */
  live: {
    /** Keyed hash. */
    hash: string;
    /** Instant (ms) from which it is refused. */
    expiresAt: number;
    /** Keys of the calls that were counted as tries. */
    tries: string[];
  } | null;
  /** Calls that are answered, the oldest first: a repeat gets the same answer. */
  calls: { key: string; at: number; ok: boolean }[];
}

/** Where one-time secrets are kept: `store.codes` keeps them in the database, `createMemoryCodeStore()` for a test. */
export interface CodeStore {
  /**
   * Changes a slot in one transaction of its own and gives what `change` gives; when the promise resolves it is durable.
   * `change` alters the slot it is given, does nothing else, and may be run again after a conflict.
   */
  update<T>(slot: string, change: (slot: CodeSlot) => T): Promise<T>;
}
