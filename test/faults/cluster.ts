import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, type Served } from './service.ts';

interface ClusterOptions {
  portsUrl: string;
  portsSecret: string;
  /** Address of the database. */
  database: string;
  /** How far each process's clock is ahead, in ms: as many processes as there are figures. */
  ahead: readonly number[];
}

/** How processes use the database in these faults: they notice within seconds what otherwise takes ten. */
const HASTY = { lease: '2s', connectTimeout: '1s', statementTimeout: '3s', patience: '20s' };

/** Several processes of the real service on one database; each request goes to one of them, by chance. */
export class Workers implements Served {
  readonly children: readonly Child[];
  readonly each;

  constructor({ database, ahead, ...ports }: ClusterOptions) {
    this.children = ahead.map((each) => {
      const folder = mkdtempSync(join(tmpdir(), 'regain-worker-'));
      return new Child({ ...ports, folder, database, postgres: HASTY, ahead: each });
    });
    this.each = this.children;
  }

  get url(): string {
    const up = this.children.filter(({ isUp, url }) => isUp && url !== '');
    return up[Math.floor(Math.random() * up.length)]?.url ?? '';
  }

  get isUp(): boolean {
    return this.children.some(({ isUp }) => isUp);
  }

  get starts(): number {
    return this.children.reduce((sum, { starts }) => sum + starts, 0);
  }

  get kills(): number {
    return this.children.reduce((sum, { kills }) => sum + kills, 0);
  }

  get crashes(): string[] {
    return this.children.flatMap(({ crashes }) => crashes);
  }

  /** One after the other: the first makes the tables and the keys of the sandbox. */
  async start(): Promise<void> {
    for (const child of this.children) await child.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map((child) => child.stop()));
  }

  remove(): void {
    for (const child of this.children) child.remove();
  }
}
