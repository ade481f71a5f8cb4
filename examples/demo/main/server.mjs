import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? 3000);
const branch = process.env.BLUEBERRY_BRANCH ?? 'no branch';
const commit = process.env.BLUEBERRY_COMMIT ?? 'uncommitted';
const greeting = process.env.GREETING ?? '';
const theme = JSON.parse(await readFile(new URL('theme.json', import.meta.url), 'utf8'));
/** Differs from start to start, so that an open page notices when another one answers. */
const version = `${commit} ${process.pid}`;

const escaped = (text) => String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(theme.title)}</title>
<link rel="icon" href="data:,">
<style>
  body { margin: 0; min-height: 100vh; display: grid; grid-template-rows: auto 1fr; background: ${theme.background}; color: ${theme.ink};
    font: 1.05rem/1.6 system-ui, sans-serif; }
  .banner { background: ${theme.accent}; color: ${theme.card}; font-size: clamp(1.4rem, 5vw, 3rem); font-weight: 800; text-align: center; padding: 1.2em .5em; }
  main { place-self: center; margin: 2rem; padding: 2.5rem 3rem; max-width: 34rem; background: ${theme.card}; border-radius: 1.25rem;
    border-top: .4rem solid ${theme.accent}; box-shadow: 0 1.5rem 4rem -2rem ${theme.accent}; }
  h1 { margin: 0 0 .5rem; color: ${theme.accent}; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1.5rem 0 0; }
  dt { opacity: .75; }
  dd { margin: 0; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
</style>
</head>
<body>
${theme.banner === '' ? '<div></div>' : `<div class="banner">${escaped(theme.banner)}</div>`}
<main>
  <h1>${escaped(theme.title)}</h1>
  <p>${escaped(theme.text)}</p>
  ${greeting === '' ? '' : `<p><strong>${escaped(greeting)}</strong></p>`}
  <dl><dt>Branch</dt><dd>${escaped(branch)}</dd><dt>Commit</dt><dd>${escaped(commit.slice(0, 12))}</dd></dl>
</main>
<script>
  setInterval(async () => {
    const answer = await fetch('/version', { cache: 'no-store' }).catch(() => null);
    if (answer && answer.ok && (await answer.text()) !== ${JSON.stringify(version)}) location.reload();
  }, 1000);
</script>
</body>
</html>
`;

const server = createServer((request, response) => {
  if (request.url !== '/version') console.log(`${request.method} ${request.url}`);
  switch (request.url) {
    case '/healthz':
      response.end('ok\n');
      return;
    case '/version':
      response.end(version);
      return;
    case '/':
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(page);
      return;
    default:
      response.statusCode = 404;
      response.end('Nothing here.\n');
  }
});

server.listen(port, () => console.log(`The demo of ${branch} at ${commit.slice(0, 12)} listens on port ${port}.`));
