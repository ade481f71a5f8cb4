import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { siblingScript } from '../../../src/adapters/local-process/supervised-process.ts';
import { freePort } from '../../support/product.ts';

const SECRET = 'secret-4711';

let folder: string;
let port: number;
let server: ChildProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blueberry-static-'));
  const files = {
    'site/index.html': 'home',
    'site/about.html': 'about',
    'site/old.htm': 'old',
    'site/sub/index.html': 'sub',
    'site/a b.html': 'blank',
    'site/täst.txt': 'umlaut',
    'site/100%.txt': 'percent',
    'site/%2eenv': 'literal',
    'site/question?.txt': 'question',
    'site/hash#.txt': 'hash',
    'site/large.txt': '0123456789',
    'site/.well-known/security.txt': 'contact',
    'site/.well-known/.env': SECRET,
    'site/.env': SECRET,
    'site/.git/config': SECRET,
    'site/sub/.npmrc': SECRET,
    'site/locked.txt': SECRET,
    'elsewhere/secret.html': SECRET,
    'elsewhere/index.html': SECRET,
    'site-beside/index.html': SECRET,
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await chmod(join(folder, 'site/locked.txt'), 0);
  await mkdir(join(folder, 'site/docs'));
  const links = {
    'site/within.html': 'about.html',
    'site/out.html': '../elsewhere/secret.html',
    'site/out.txt': '/etc/passwd',
    'site/docs/index.html': '../../elsewhere/index.html',
    'site/away': '../elsewhere',
    'site/beside': '../site-beside',
    'site/hidden.txt': '.env',
    'site/question': '../elsewhere/secret.html',
    'site/hash': '../elsewhere/secret.html',
    'site/circle.html': 'circle.html',
  };
  for (const [name, target] of Object.entries(links)) await symlink(target, join(folder, name));
  // Where the folder itself is reached through a link, as a temporary folder may be.
  await symlink('site', join(folder, 'linked'));
  port = await freePort();
  server = spawn(process.execPath, [siblingScript('static-server'), join(folder, 'linked')], {
    env: { PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(server.stdout ?? server, 'data');
});
afterAll(async () => {
  const ended = server.exitCode === null ? once(server, 'exit') : null;
  server.kill();
  await ended;
  await rm(folder, { recursive: true, force: true });
});

/** Asks for just these bytes, which every client with a notion of URLs would put right. */
async function get(target: string, ...headers: string[]): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk) => (received += String(chunk)));
  socket.write([`GET ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n'), 'latin1');
  await once(socket, 'close');
  return received;
}

describe('a site', () => {
  it.each([
    ['/', 'home'],
    ['//', 'home'],
    ['/?page=2', 'home'],
    ['/index.html', 'home'],
    ['/about', 'about'],
    ['/about/', 'about'],
    ['/about.html?x=/../y', 'about'],
    ['/old', 'old'],
    ['/sub', 'sub'],
    ['/sub/', 'sub'],
    ['/a%20b', 'blank'],
    ['/t%c3%a4st.txt', 'umlaut'],
    ['/100%25.txt', 'percent'],
    ['/%252eenv', 'literal'],
    ['/%61bout', 'about'],
    ['/within', 'about'],
    ['/.well-known/security.txt', 'contact'],
  ])('has %s', async (target, text) => {
    expect(await get(target)).toMatch(new RegExp(`^HTTP/1\\.1 200 [^]*\\r\\n\\r\\n${text}$`));
  });

  it('says what its files are, and knows those that a visitor has', async () => {
    const reply = await get('/');
    expect(reply).toMatch(/content-type: text\/html/i);
    const etag = /etag: (.*)\r\n/i.exec(reply)?.[1] ?? '';
    expect(await get('/', `If-None-Match: ${etag}`)).toMatch(/^HTTP\/1\.1 304 /);
  });

  it.each([
    ['bytes=2-4', /^HTTP\/1\.1 206 [^]*\r\n\r\n234$/],
    ['bytes=7-', /^HTTP\/1\.1 206 [^]*\r\n\r\n789$/],
    ['bytes=20-', /^HTTP\/1\.1 416 /],
    ['bytes=4-2', /^HTTP\/1\.1 200 [^]*\r\n\r\n0123456789$/],
    ['bytes=-2', /^HTTP\/1\.1 200 /],
    ['bytes=0-1,3-4', /^HTTP\/1\.1 200 /],
    ['bytes=0-99999999999999999999', /^HTTP\/1\.1 200 /],
    ['lines=1-2', /^HTTP\/1\.1 200 /],
  ])('gives parts of files, or the whole: %s', async (range, expected) => {
    expect(await get('/large.txt', `Range: ${range}`)).toMatch(expected);
  });
});

describe('nobody gets', () => {
  it.each([
    ...['/.env', '/%2eenv', '/%2Eenv', '/sub/%2enpmrc', '/.git/config', '/%2egit/config', '/%2egit%2fconfig'],
    ...['/sub%2f.npmrc', '/sub/..%2f.env', '/./.env', '/.well-known/.env', '/.well-known/%2e%2e/.env', '//.env'],
    ...['/../elsewhere/secret.html', '/..%2felsewhere/secret', '/%2e%2e/elsewhere/secret', '/..%5celsewhere%5csecret'],
    ...['/sub/../../elsewhere/secret', '/%252e%252e/elsewhere/secret', '/sub/%5c..%5c..%5celsewhere/secret'],
    ...['/out', '/out.html', '/out.txt', '/docs', '/docs/', '/docs/index.html', '/away', '/away/secret', '/beside/'],
    ...(process.getuid?.() === 0 ? [] : ['/locked.txt']),
    ...['/hidden.txt', '/circle', '/question%3f.txt', '/hash%23.txt', '/.env%00.html', '/about.html%00'],
    ...['/%', '/%ff', '/%c0%ae%c0%ae/x'],
    ...['//x:bad:port/', '///', 'http://x/.env', '*', `/${'x'.repeat(300)}`, '/about.html/', '/about.html/index.html'],
  ])('%s', async (target) => {
    const reply = await get(target);
    expect(reply).toMatch(/^HTTP\/1\.1 (?:200|404) /);
    expect(reply).not.toContain(SECRET);
    expect(reply).not.toContain('root:');
    if (target !== '///' && target !== '/about.html/') expect(reply).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('anything else instead: the server still serves', async () => {
    expect(await get('/')).toMatch(/home$/);
    expect(server.exitCode).toBeNull();
  });
});
