import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** What the server does with the next requests. */
export type Mood = 'serve' | 'redirect' | 'hang' | 'fail';

export interface GitHttpsServer {
  /** `https://localhost:PORT/NAME` */
  readonly url: string;
  readonly port: number;
  /** Certificate to trust (GIT_SSL_CAINFO). */
  readonly certificateFile: string;
  /** Where `redirect` leads. */
  redirectTo: string;
  mood: Mood;
  /** USER:PASSWORD that is asked for; null lets everyone in. */
  credential: string | null;
  readonly requests: string[];
  close(): Promise<void>;
}

/** Git's own smart HTTP server behind TLS, over a repository on disk. */
export async function startGitHttpsServer(repository: string): Promise<GitHttpsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'blueberry-tls-'));
  const certificateFile = join(folder, 'certificate.pem');
  const keyFile = join(folder, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const pair = ['-keyout', keyFile, '-out', certificateFile];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...pair, ...subject], {
    stdio: 'ignore',
  });
  const server = createServer(
    { cert: readFileSync(certificateFile), key: readFileSync(keyFile) },
    (request, response) => {
      state.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      answer(request, response, repository, state);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const state: GitHttpsServer = {
    url: `https://localhost:${String(port)}/${basename(repository)}`,
    port,
    certificateFile,
    redirectTo: '',
    mood: 'serve',
    credential: null,
    requests: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return state;
}

function answer(request: IncomingMessage, response: ServerResponse, repository: string, state: GitHttpsServer): void {
  if (state.mood === 'hang') return;
  if (state.mood === 'fail') return void response.writeHead(503).end('Not today.');
  if (state.mood === 'redirect') return void response.writeHead(301, { location: state.redirectTo }).end();
  const expected = state.credential === null ? null : `Basic ${Buffer.from(state.credential).toString('base64')}`;
  if (expected !== null && request.headers.authorization !== expected) {
    return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  }
  serve(request, response, repository);
}

/** Speaks CGI (RFC 3875) with `git http-backend`. */
function serve(request: IncomingMessage, response: ServerResponse, repository: string): void {
  const { pathname, search } = new URL(request.url ?? '/', 'https://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: dirname(repository),
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', readHead);
    const fields = head
      .toString('latin1', 0, end)
      .split('\r\n')
      .map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      });
    const status = Number(fields.find(([name]) => name === 'status')?.[1].slice(0, 3) ?? '200');
    response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== 'status')));
    response.write(head.subarray(end + 4));
    child.stdout.pipe(response);
  };
  child.stdout.on('data', readHead);
}
