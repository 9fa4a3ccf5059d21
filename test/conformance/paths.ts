import { paths } from '../../machines/paths.ts';
import { chosenOf, type Plan } from '../model/chosen.ts';
import { spread } from '../model/graph.ts';
import { HostSystem } from '../model/host.ts';
import { plansFor, plansForParent } from '../model/plans.ts';
import { replay } from '../model/replay.ts';
import type { Case } from './case.ts';
import { Watched } from './watched.ts';

/** Paths that are taken of each subject beside those that meet all of its chart. */
const MORE = 2;

/** The machines whose paths are taken. */
export const MACHINES = [...paths.map(({ id }) => id), 'recovery'];

/** Paths that were generated from one chart: what covers it, and some more, evenly spread. */
export function pathCases(machine: string): Case[] {
  const plans: Plan[] = machine === 'recovery' ? plansForParent() : plansFor(machine);
  const covering = chosenOf(plans);
  return plans.flatMap(({ subject, found }, index) => {
    const more = spread(found, MORE).map(({ path }) => path);
    return [...(covering[index] ?? []), ...more].map((path, number) => ({
      name: `generated path ${index + 1}.${number + 1} through ${machine}`,
      async run(place) {
        const watched = new Watched(place);
        await replay(path, new HostSystem(subject, undefined, watched));
        return watched.left();
      },
    }));
  }) satisfies Case[];
}
