import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';

const ROOT = join(import.meta.dirname, '../..');

export interface Bundle {
  /** Bytes, as they are and compressed. */
  bytes: number;
  gzip: number;
  /** Node's own modules that it would need. */
  builtins: string[];
}

/**
 * What a page loads that imports these names, with all that they need.
 * @param entry subpath of the package, such as `machines`.
 */
export async function bundleOf(entry: string, names: readonly string[]): Promise<Bundle> {
  const folder = mkdtempSync(join(ROOT, 'dist/bundle-')); // inside the package, so that its dependencies are found
  try {
    writeFileSync(join(folder, 'page.js'), `export { ${names.join(', ')} } from 'regain/${entry}';\n`);
    const output = (await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        minify: true,
        lib: { entry: 'page.js', formats: ['es'] },
        rollupOptions: { external: [/^node:/] },
      },
    })) as Rollup.RollupOutput[];
    const chunks = output.flatMap((each) => each.output).filter((part) => part.type === 'chunk');
    const code = chunks.map((chunk) => chunk.code).join('');
    const builtins = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
    return {
      bytes: code.length,
      gzip: gzipSync(code).length,
      builtins: builtins.filter((id) => id.startsWith('node:')),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder of its own, gone when the work is done. */
export async function inFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'regain-package-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
