/**
 * Serves the files of one folder on the port in PORT: a program of its own, run like any other web process. Hidden files
 * and what links out of the folder are not found.
 */
import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import sirv from 'sirv';
import { siteFile } from './site-file.ts';

const folder = realpathSync(process.argv[2] ?? '.');
const serve = sirv(folder, { dev: true, dotfiles: true, etag: true });

/** The ranges that sirv understands; of others it makes wrong ones, or throws. */
const RANGE = /^bytes=(\d{1,15})-(\d{1,15})?$/;

function isUsableRange(range: string): boolean {
  const [, start, end] = RANGE.exec(range) ?? [];
  return start !== undefined && (end === undefined || Number(start) <= Number(end));
}

const server = createServer((request, response) => {
  const notFound = (): void => {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found.\n');
  };
  const file = siteFile(folder, request.url ?? '/');
  // sirv would look for a file of the name in front of these, in whatever form.
  if (file === null || /[?#]/.test(file)) {
    notFound();
    return;
  }
  // Exactly the file that was found, and not what sirv would make of the URL.
  request.url = `/${encodeURI(file)}`;
  if (request.headers.range !== undefined && !isUsableRange(request.headers.range)) delete request.headers.range;
  response.setHeader('cache-control', 'no-cache');
  serve(request, response, notFound);
});

server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
  console.log(`Serving ${folder}`);
});
