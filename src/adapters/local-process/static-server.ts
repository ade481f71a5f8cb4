/**
 * Serves the files of one folder on the port in PORT: a program of its own, run like any other web process. Hidden files
 * and what links out of the folder are not found.
 */
import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize, sep } from 'node:path';
import sirv from 'sirv';

const folder = realpathSync(process.argv[2] ?? '.');
const serve = sirv(folder, { dev: true, dotfiles: false, etag: true });

/** Whether the path, or its index, is really within the folder. What does not exist is left to be not found. */
function isWithin(pathname: string): boolean {
  try {
    const real = realpathSync(join(folder, normalize(decodeURIComponent(pathname))));
    return real === folder || real.startsWith(folder + sep);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const notFound = (): void => {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found.\n');
  };
  if (pathname.split('/').some((part) => part.startsWith('.') && part !== '.well-known') || !isWithin(pathname)) {
    notFound();
    return;
  }
  response.setHeader('cache-control', 'no-cache');
  serve(request, response, notFound);
});

server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
  console.log(`Serving ${folder}`);
});
