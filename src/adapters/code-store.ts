import type { CodeSlot, CodeStore } from '../code-store.ts';

/** Keeps one-time secrets in memory. `JSON.stringify` shows all there is. */
export function createMemoryCodeStore(): CodeStore & { toJSON(): Record<string, CodeSlot> } {
  const slots = new Map<string, CodeSlot>();
  return {
    update: async (name, change) => {
      const slot = structuredClone(slots.get(name) ?? { live: null, calls: [] });
      const result = change(slot);
      slots.set(name, slot);
      return result;
    },
    toJSON: () => Object.fromEntries(slots),
  };
}
