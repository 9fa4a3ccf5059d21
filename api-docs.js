// What the package exports, with its docstrings, as API Documenter reads it (`npm run docs`). TypeDoc does not run with
// TypeScript 7; API Extractor brings a compiler of its own.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = import.meta.dirname;
const models = join(root, 'dist/api-models');
const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
rmSync(models, { recursive: true, force: true });
mkdirSync(models, { recursive: true });
for (const [path, { types }] of Object.entries(exports)) {
  if (types === undefined) continue;
  const entry = path === '.' ? name : path.slice(2);
  const configObject = {
    projectFolder: root,
    mainEntryPointFilePath: join(root, types),
    compiler: {
      overrideTsconfig: {
        compilerOptions: { module: 'nodenext', target: 'es2023', lib: ['ES2023', 'DOM'], types: ['node'], strict: true, skipLibCheck: true },
        files: [join(root, types)],
      },
    },
    apiReport: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    docModel: { enabled: true, apiJsonFilePath: join(models, `${entry}.api.json`) },
    messages: {
      compilerMessageReporting: { default: { logLevel: 'error' } },
      extractorMessageReporting: { default: { logLevel: 'none' } },
      tsdocMessageReporting: { default: { logLevel: 'none' } },
    },
  };
  const config = ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    packageJson: { name: entry, version: '0.0.0' },
  });
  const { succeeded, errorCount } = Extractor.invoke(config, { localBuild: true });
  if (!succeeded) throw new Error(`${path}: ${errorCount} errors`);
}
