import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connectRepository, createEnvironment, untilStatus, visit } from '../support/environments.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';
import { eventually, startProduct, type Product } from '../support/product.ts';

/** Repositories as people have them, brought up without a change. */
describe('an ordinary repository', () => {
  let product: Product;
  const fixtures: GitFixture[] = [];

  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(async () => {
    await product.dispose();
    for (const fixture of fixtures) await fixture.dispose();
  });

  async function bringUp(
    name: string,
    files: Readonly<Record<string, string>>,
    more: object = {},
  ): Promise<GitFixture> {
    const fixture = await createGitFixture(files);
    fixtures.push(fixture);
    const repositoryId = await connectRepository(product, fixture.path, { name });
    const { id } = await createEnvironment(product, { name, repository_id: repositoryId, ...more });
    const ready = await untilStatus(product, id, 'ready');
    expect(ready.git.commit_sha).toBe(await fixture.git('rev-parse', 'HEAD'));
    expect(ready.urls).toEqual([`http://${name}.localhost:${String(product.port)}`]);
    return fixture;
  }

  it('with a package.json and its dependencies', async () => {
    await bringUp('node-app', {
      'package.json': JSON.stringify({
        name: 'node-app',
        version: '1.0.0',
        scripts: { build: 'node build.js', start: 'node server.js' },
        dependencies: { 'local-greeting': 'file:./greeting' },
      }),
      'greeting/package.json': JSON.stringify({ name: 'local-greeting', version: '1.0.0', main: 'index.js' }),
      'greeting/index.js': 'module.exports = "hello from a dependency";\n',
      'build.js': 'require("fs").writeFileSync("built.txt", "built");\n',
      'server.js': `const greeting = require('local-greeting');
const built = require('fs').readFileSync('built.txt', 'utf8');
require('http').createServer((request, response) => response.end(greeting + ', ' + built)).listen(process.env.PORT);
`,
    });
    expect(await visit(product, 'node-app')).toMatchObject({ status: 200, text: 'hello from a dependency, built' });
  });

  it('with a Procfile', async () => {
    await bringUp('procfile-app', {
      Procfile: 'release: echo made by the release step > release.txt\nweb: python3 -m http.server $PORT\n',
      'index.html': '<h1>Served by Python</h1>\n',
    });
    expect((await visit(product, 'procfile-app')).text).toContain('Served by Python');
    expect((await visit(product, 'procfile-app', '/release.txt')).text).toContain('made by the release step');
  });

  it('of static files, and a new commit is served by itself', async () => {
    const fixture = await bringUp('static-site', {
      'index.html': '<!doctype html><title>First</title>\n',
      'style.css': 'body { color: blue }\n',
      '.env': 'SECRET=never served\n',
    });
    expect((await visit(product, 'static-site')).text).toContain('First');
    const style = await visit(product, 'static-site', '/style.css');
    expect(style).toMatchObject({
      status: 200,
      headers: { 'content-type': expect.stringContaining('text/css') as string },
    });
    expect((await visit(product, 'static-site', '/.env')).status).toBe(404);
    expect((await visit(product, 'static-site', '/.git')).status).toBe(404);
    await fixture.commit({ 'index.html': '<!doctype html><title>Second</title>\n' });
    await eventually(
      async () => ((await visit(product, 'static-site')).text.includes('Second') ? true : null),
      20_000,
      'the second commit',
    );
  });

  it('with blueberry.yaml: build, health, env, and a WebSocket through the gateway', async () => {
    await bringUp(
      'described-app',
      {
        'blueberry.yaml': `build:
  - mkdir -p out
  - echo "$GREETING" > out/greeting.txt
run: node server.js
health:
  path: /healthy
  timeout_seconds: 30
env:
  GREETING: hello
  FROM_FILE: file
`,
        'server.js': `const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const greeting = readFileSync('out/greeting.txt', 'utf8').trim();
const since = Date.now();
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/healthy') return response.writeHead(Date.now() - since > 300 ? 204 : 503).end();
  response.end(JSON.stringify({ greeting, file: process.env.FROM_FILE, override: process.env.FROM_OVERRIDE }));
});
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
  socket.on('error', () => socket.destroy());
  socket.on('data', (frame) => {
    if ((frame[0] & 15) === 8) return socket.end(Buffer.from([0x88, 0]));
    const length = frame[1] & 127;
    const mask = frame.subarray(2, 6);
    const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, index) => byte ^ mask[index % 4]));
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  });
});
server.listen(process.env.PORT, '127.0.0.1');
`,
      },
      { helm_values_override: { env: { GREETING: 'good morning', FROM_OVERRIDE: 'override' }, replicas: 2 } },
    );
    const { text } = await visit(product, 'described-app');
    expect(JSON.parse(text)).toEqual({ greeting: 'good morning', file: 'file', override: 'override' });

    const socket = new WebSocket(`ws://127.0.0.1:${String(product.port)}/echo`, {
      headers: { host: `described-app.localhost:${String(product.port)}` },
    });
    const echoed = await new Promise<string>((resolve, reject) => {
      socket.on('open', () => {
        socket.send('through the gateway');
      });
      socket.on('message', (data: Buffer) => {
        resolve(data.toString('utf8'));
      });
      socket.on('error', reject);
    });
    expect(echoed).toBe('through the gateway');
    socket.terminate();
  });
});
