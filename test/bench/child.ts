import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PolicyInput } from 'regain/machines';
import { POLICY } from './subject.ts';

const CHILD = fileURLToPath(new URL('./at-rest.js', import.meta.url));

/** What a process of its own found: it holds a host over one file, and nothing else. */
export interface Found {
  /** From the start of opening until the host takes events, in ms. */
  readyMs: number;
  /** The same with the whole file looked through for damage first. */
  checkedMs: number;
  /** Resident memory after opening, and after all events, in MiB. */
  rss: { opened: number; after: number };
  /** For an event to a recovery that nobody has asked for since, in us, of each. */
  us: number[];
  /** How late each timer was processed, in ms. */
  lateness: number[];
}

export interface Task {
  file: string;
  /** Recoveries to send one event to, one after another. */
  ids: string[];
  /** How long to look on while timers fall due, in ms: they are moved so that the first does when the process is up. */
  watchMs: number;
  policy: PolicyInput;
}

/** Carries out a task in a process of its own. */
export function inChild(task: Omit<Task, 'policy'>): Promise<Found> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [JSON.stringify({ ...task, policy: POLICY })], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
    });
    child.once('message', (found) => resolve(found as Found));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process ended with ${code} before it had found anything`)));
  });
}
