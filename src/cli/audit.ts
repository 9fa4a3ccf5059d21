import { readFile } from 'node:fs/promises';
import pc from 'picocolors';
import { z } from 'zod';
import { issueText } from '../issues.ts';
import { openReadOnly } from '../store/open.ts';
import type { StoreReader, Tampering, TrailHead } from '../store/types.ts';
import { systemReason } from '../system-reason.ts';
import { Unusable } from './errors.ts';

/** The heads of all trails at an instant: made to be kept where whoever can write the store cannot write (R53). */
const Checkpoint = z.strictObject({
  madeAt: z.iso.datetime(),
  heads: z.array(
    z.strictObject({
      recoveryId: z.string().min(1),
      seq: z.int().positive(),
      hash: z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal'),
      at: z.int(),
    }),
  ),
});

/**
 * Says which entries of the audit trails are not as they were written, and with a checkpoint what was cut off, removed or
 * replaced since.
 * @returns the exit code: 0 when nothing was, 1 when something was.
 * @throws Unusable when `against` is no checkpoint, and what `openReadOnly` does.
 */
export function verifyAudit(file: string, { against }: { against?: string }): Promise<number> {
  return reading(file, async (trails) => {
    const since = against === undefined ? [] : await checkpointIn(against);
    const found = await trails.tamperings(since);
    for (const each of found) console.log(pc.red(describe(each)));
    console.log(
      found.length === 0
        ? pc.green('every audit trail is as it was written')
        : `${found.length} entries are not as they were written`,
    );
    return found.length === 0 ? 0 : 1;
  });
}

/**
 * Prints the heads of all trails as JSON.
 * @returns the exit code: 1 when a trail is not as it was written: its head would say nothing.
 * @throws what `openReadOnly` does.
 */
export function printCheckpoint(file: string): Promise<number> {
  return reading(file, async (trails) => {
    const found = await trails.tamperings();
    for (const each of found) console.error(pc.red(describe(each)));
    if (found.length > 0) return 1;
    const checkpoint: z.infer<typeof Checkpoint> = {
      madeAt: new Date().toISOString(),
      heads: await trails.trailHeads(),
    };
    console.log(JSON.stringify(checkpoint, null, 2));
    return 0;
  });
}

async function reading(file: string, work: (trails: StoreReader) => Promise<number>): Promise<number> {
  const trails = await openReadOnly(file);
  return work(trails).finally(() => trails.close());
}

async function checkpointIn(file: string): Promise<TrailHead[]> {
  try {
    const result = Checkpoint.safeParse(JSON.parse(await readFile(file, 'utf8')));
    if (result.success) return result.data.heads;
    const [issue] = result.error.issues;
    throw new Error(issue && issueText(issue));
  } catch (error) {
    throw new Unusable(`${file} is no checkpoint: ${systemReason(error)}`);
  }
}

const SINCE = {
  removed: 'the trail is gone since the checkpoint',
  replaced: 'it or one before it is another than at the checkpoint',
};

function describe({ recoveryId, seq, what }: Tampering): string {
  const more = what === 'removed' || what === 'replaced' ? ` (${SINCE[what]})` : '';
  return `recovery ${recoveryId}, entry ${seq}: ${what}${more}`;
}
