import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from './app.ts';
import { RequestProblem } from './problems.ts';

/** Swagger UI's own files, which the build lays beside this one: the page works offline. */
const FOLDER = join(import.meta.dirname, 'swagger-ui');
const TYPES: Record<string, string> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>regain 找回: the API</title>
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="docs"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;
const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });\n`;

/** Styles are set by Swagger UI's scripts; images are in its style sheet. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/** The OpenAPI document, and a page that shows it. */
export function docs(app: App): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'the owner’s token, a contact’s, one from a notice, or a staff member’s',
  });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'regain',
      version: '1',
      description:
        'Recoveries of a forgotten payment password, each an explicit statechart whose timers survive a crash.',
    },
  });
  app.get('/docs', (c) => c.html(PAGE, 200, { 'Content-Security-Policy': POLICY }));
  app.get('/docs/:file', async (c) => {
    const name = c.req.param('file');
    if (name === 'start.js') return c.body(START, 200, { 'Content-Type': 'text/javascript' });
    const type = TYPES[name];
    if (type === undefined) throw new RequestProblem('notFound', `there is no ${name} here`);
    return c.body(await readFile(join(FOLDER, name)), 200, { 'Content-Type': type });
  });
}
