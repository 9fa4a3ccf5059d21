// What the compiler does not do: the command is made executable, and Swagger UI's files are laid beside the page that
// shows them, so that the API's documentation works offline and nobody who installs regain has to install Swagger UI.
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const from = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
const to = join(import.meta.dirname, 'dist/src/http/swagger-ui');
mkdirSync(to, { recursive: true });
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE']) {
  copyFileSync(join(from, file), join(to, file));
}
chmodSync(join(import.meta.dirname, 'dist/src/cli/main.js'), 0o755);
