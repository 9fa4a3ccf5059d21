// What the package exports, with its docstrings, as API Documenter reads it (`npm run docs`). TypeDoc does not run with
// TypeScript 7; API Extractor brings a compiler of its own. Fails where a signature names a type that no entry exports.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = import.meta.dirname;
const models = join(root, 'dist/api-models');
const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
rmSync(models, { recursive: true, force: true });
mkdirSync(models, { recursive: true });

/** Entries whose signatures use exported types alone; the charts' own contexts and events, say, are in no entry. */
const COMPLETE = ['regain', 'testing', 'sqlite', 'postgres'];
/** What types are made of that are exported themselves. */
const INSIDE = ['KINDS', 'PostgresConfig', 'STEP_KINDS', 'ScenarioHead', 'Without'];
const exported = new Set(INSIDE);
const named = [];

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
      extractorMessageReporting: { default: { logLevel: 'none' }, 'ae-forgotten-export': { logLevel: 'warning' } },
      tsdocMessageReporting: { default: { logLevel: 'none' } },
    },
  };
  const config = ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
    packageJson: { name: entry, version: '0.0.0' },
  });
  const messageCallback = (message) => {
    if (message.messageId !== 'ae-forgotten-export') return;
    message.handled = true;
    const [, symbol] = /"(\w+)"/.exec(message.text);
    if (COMPLETE.includes(entry)) named.push({ entry, symbol });
  };
  const { succeeded, errorCount } = Extractor.invoke(config, { localBuild: true, messageCallback });
  if (!succeeded) throw new Error(`${path}: ${errorCount} errors`);
  const { members } = JSON.parse(readFileSync(join(models, `${entry}.api.json`), 'utf8')).members[0];
  for (const member of members) exported.add(member.name);
}

const missing = named.filter(({ symbol }) => !exported.has(symbol)).map(({ entry, symbol }) => `${entry}: ${symbol}`);
if (missing.length > 0) throw new Error(`signatures use what no entry exports:\n${missing.join('\n')}`);
