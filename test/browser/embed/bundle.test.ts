import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** What a bundler for browsers makes of a script in a project that has installed the package, as it is built. */
async function bundled(script: string) {
  const { metafile, errors, outputFiles } = await build({
    stdin: { contents: script, resolveDir: join(import.meta.dirname, '../../..') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const packages = inputs.flatMap(([file, { bytesInOutput }]) => {
    const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
    return name !== undefined && bytesInOutput > 0 ? [name] : [];
  });
  return { errors, text: outputFiles[0]?.text ?? '', packages: [...new Set(packages)].sort() };
}

test.each([
  ["export * from 'regain/browser'", ['eventsource-parser', 'idb', 'xstate', 'zod']],
  ["export { openActor, fetchPorts } from 'regain/browser'", ['idb', 'xstate']],
  ["export * from 'regain/machines'", ['xstate', 'zod']],
])('%s: no Node built-in, and these packages alone', async (script, packages) => {
  const { errors, text, packages: used } = await bundled(script);
  expect(errors).toEqual([]);
  expect(used).toEqual(packages);
  expect(text).not.toMatch(/["']node:/);
});

test('the charts alone say in words what is wrong with a policy', async () => {
  const { text } = await bundled("export { policyOf } from 'regain/machines'");
  const { policyOf } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  expect(() => policyOf({ contacts: { quorum: 'two' } })).toThrow(/contacts[\s\S]*expected number, received string/);
});

test('a built-in would be found', async () => {
  await expect(bundled("export { createHash } from 'node:crypto'")).rejects.toThrow(/node:crypto/);
});
