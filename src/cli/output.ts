import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemReason } from '../system-reason.ts';
import { Unusable } from './errors.ts';

/**
 * Asks whether files can be written, before the work whose result goes there.
 * @param files undefined for those that nobody asked for.
 * @throws Unusable
 */
export async function checkOutputs(...files: (string | undefined)[]): Promise<void> {
  for (const file of files) {
    if (file === undefined) continue;
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory()) throw new Unusable(`${file} cannot be written: it is a folder, expected a file`);
    const needed = found ? file : dirname(file);
    try {
      await access(needed, constants.W_OK);
    } catch (error) {
      throw new Unusable(`${file} cannot be written: ${needed}: ${systemReason(error)}`);
    }
  }
}
