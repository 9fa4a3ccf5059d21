import { isDeepStrictEqual } from 'node:util';
import { callsIn, type Happening, happens, type ModelState, nextIn, startOf } from './composed.ts';
import { type Expected, expectedOf, refusalOf } from './expected.ts';
import type { Path } from './graph.ts';

/** What was seen of a step: where it leads, and how it was refused. */
export interface Observed {
  refused: { code: string; reason?: string; field?: string } | null;
}

/** A thing other than the model that can be made to walk a path. */
export interface System {
  /**
   * @param place of the call that is answered, among those of its port and machine that wait.
   * @param dueAt instant (ms) to which time passes.
   * @param due names of the deadlines of that instant.
   */
  apply(happening: Happening, place: number, dueAt: number, due: string[]): Promise<Observed['refused']>;
  see(): Promise<Expected>;
  close(): Promise<void>;
  /** Whether what is seen is what is expected, where that is less than equality. */
  same?(seen: Expected, expected: Expected): boolean;
}

function placeOf(state: ModelState, happening: Happening): number {
  if (happening.do !== 'answer' && happening.do !== 'fail') return 0;
  const alike = callsIn(state).filter(({ owner, src }) => owner === happening.owner && src === happening.port);
  return alike.findIndex(({ id }) => id === happening.call);
}

const describe = (happening: Happening): string =>
  happening.do === 'start' ? 'start' : `${happening.type} ${JSON.stringify({ ...happening, type: undefined })}`;

/**
 * Walks a path with a system, and compares after each step what the system shows with what the model says.
 * @returns number of its steps.
 * @throws Error that lists the path up to where they differ.
 */
export async function replay(path: Path, system: System): Promise<number> {
  const same = system.same ?? isDeepStrictEqual;
  const done: string[] = [];
  let state: ModelState | undefined;
  const differs = (what: string, expected: unknown, seen: unknown) =>
    new Error(
      `${what} differs after\n  ${done.join('\n  ')}\nthe model says ${JSON.stringify(expected)}\nto be seen is  ${JSON.stringify(seen)}`,
    );
  try {
    for (const happening of path) {
      done.push(describe(happening));
      const dueAt = happening.do === 'wait' && state ? (nextIn(state)?.dueAt ?? Number.NaN) : Number.NaN;
      const due = state
        ? expectedOf(state)
            .deadlines.filter(({ at }) => at === dueAt)
            .map(({ name }) => name)
        : [];
      const place = state ? placeOf(state, happening) : 0;
      if (place < 0) throw new Error(`no such call waits:\n  ${done.join('\n  ')}`);
      if (happening.do === 'start') state = startOf(happening.input);
      else if (state) state = happens(state, happening);
      else throw new Error('a path begins with a start');
      const refused = await system.apply(happening, place, dueAt, due);
      const refusal = refusalOf(state);
      if (!isDeepStrictEqual(refused, refusal)) throw differs('the refusal', refusal, refused);
      const expected = expectedOf(state);
      const seen = await system.see();
      if (!same(seen, expected)) throw differs('what is shown', expected, seen);
    }
  } finally {
    await system.close();
  }
  return path.length;
}
