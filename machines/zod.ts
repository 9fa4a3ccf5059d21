import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';

/**
 * Zod in its small form: with the other one the charts would weigh a third more in a page. It is silent on what is wrong
 * until it is given a language. A path of one's own may use either form.
 */
z.config(en());

export * from 'zod/mini';

/** The schema, with what zod's registry is to know of it. */
export function noted<T extends z.core.$ZodType>(schema: T, note: Record<string, unknown>): T {
  z.globalRegistry.add(schema, note);
  return schema;
}
