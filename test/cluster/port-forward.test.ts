import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ForwardedConnection } from '../../src/adapters/argocd/kubernetes/forwarded-connection.ts';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { openPortForward, type PortForwardTarget } from '../../src/adapters/argocd/kubernetes/port-forward.ts';
import { pods } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { openBadNetwork, type BadNetwork } from '../support/bad-network.ts';
import { failureOf, makeNamespace, openKubernetes, type TestNamespace } from '../support/kubernetes.ts';
import { makePod } from '../support/sample-pod.ts';

let client: KubernetesClient;
let bad: BadNetwork;
let namespace: TestNamespace;
const opened: ForwardedConnection[] = [];
beforeAll(async () => {
  const access = inject('cluster');
  client = await openKubernetes(access.kubeconfig);
  namespace = await makeNamespace(client);
  bad = await openBadNetwork(access);
  await makePod(client, { namespace: namespace.name, name: 'web' });
});
afterEach(() => {
  for (const connection of opened.splice(0)) connection.destroy();
});
afterAll(async () => {
  await namespace.remove();
  await bad.close();
  client.close();
});

async function open(more: Partial<PortForwardTarget> = {}, over = client): Promise<ForwardedConnection> {
  const target = { namespace: namespace.name, pod: 'web', port: 8080, ...more };
  const connection = await openPortForward(over, target);
  connection.on('error', () => undefined);
  opened.push(connection);
  return connection;
}

/** Uses connections again, as the gateway's agent does for sockets. */
class ForwardingAgent extends Agent {
  opened = 0;
  override createConnection(_: unknown, callback?: (error: Error | null, connection: Duplex) => void): undefined {
    this.opened += 1;
    open().then(
      (connection) => callback?.(null, connection),
      (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
    );
  }
}

async function ask(path: string, agent: Agent, body?: Buffer): Promise<{ answer: IncomingMessage; body: Buffer }> {
  const outgoing = httpRequest({ path, agent, method: body ? 'POST' : 'GET', headers: { host: 'web.test' } });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { answer, body: Buffer.concat(chunks) };
}

describe('a connection to a port of a Pod', () => {
  it('carries a request and its answer', async () => {
    const agent = new ForwardingAgent({ keepAlive: false });
    const { answer, body } = await ask('/__stub', agent);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({ pod: 'web', namespace: namespace.name });
    await once(opened[0] as Duplex, 'close');
  });

  it('is used again for the next request, and by none that is closed when idle', async () => {
    const agent = new ForwardingAgent({ keepAlive: true, timeout: 400 });
    for (let round = 0; round < 20; round += 1) {
      expect((await ask('/__stub', agent)).answer.statusCode).toBe(200);
      await pause(round % 5);
    }
    expect(agent.opened).toBe(1);
    const [first] = opened;
    await pause(800);
    expect(first?.destroyed).toBe(true);
    expect((await ask('/__stub', agent)).answer.statusCode).toBe(200);
    expect(agent.opened).toBe(2);
    agent.destroy();
  });

  it('carries megabytes in both directions, to one who takes them slowly', async () => {
    const body = Buffer.alloc(6 * 1024 * 1024);
    for (let at = 0; at < body.length; at += 4) body.writeUInt32LE(at, at);
    const connection = await open();
    const outgoing = httpRequest({ path: '/__stub/echo', method: 'POST', createConnection: () => connection });
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      if (chunks.length % 20 === 0) await pause(2);
    }
    expect(Buffer.concat(chunks).equals(body)).toBe(true);
  });

  it('takes no more than it is asked for', async () => {
    const body = Buffer.alloc(12 * 1024 * 1024, 'x');
    const connection = await open();
    connection.write(`POST /__stub/echo HTTP/1.1\r\nHost: web.test\r\nContent-Length: ${String(body.length)}\r\n\r\n`);
    connection.write(body);
    await pause(1_500);
    expect(connection.readableLength).toBeGreaterThan(0);
    expect(connection.readableLength).toBeLessThan(1024 * 1024);
    let bytes = 0;
    for await (const chunk of connection as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > body.length) break;
    }
    expect(bytes).toBeGreaterThan(body.length);
  });

  it('carries an answer that comes piece by piece', async () => {
    const connection = await open();
    const outgoing = httpRequest({ path: '/__stub/slow?chunks=4&interval_ms=150', createConnection: () => connection });
    outgoing.end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const times: number[] = [];
    for await (const _ of answer) times.push(performance.now());
    expect(times.length).toBeGreaterThanOrEqual(4);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
  });

  it('carries a WebSocket', async () => {
    const connection = await open();
    const socket = new WebSocket('ws://web.test/any', { createConnection: () => connection });
    await once(socket, 'open');
    for (const text of ['one', 'two'.repeat(30_000)]) {
      socket.send(text);
      const [message] = (await once(socket, 'message')) as [Buffer];
      expect(message.toString()).toBe(text);
    }
    socket.close();
    await once(connection, 'close');
  });

  it('many at the same time, each to its own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const body = Buffer.from(`number ${String(index)}`);
        return (await ask('/__stub/echo', new ForwardingAgent({ keepAlive: false }), body)).body.toString();
      }),
    );
    expect(answers).toEqual(answers.map((_, index) => `number ${String(index)}`));
  });

  it('has the time-outs of a socket', async () => {
    const connection = await open();
    let timeouts = 0;
    connection.on('timeout', () => (timeouts += 1));
    connection.setTimeout(150);
    expect(connection.timeout).toBe(150);
    await pause(400);
    expect(timeouts).toBe(1);
    expect(connection.destroyed).toBe(false);
    connection.setTimeout(0);
    await pause(300);
    expect(timeouts).toBe(1);
  });
});

describe('a connection that can not be', () => {
  it('says that there is no such Pod', async () => {
    const failure = await failureOf(open({ pod: 'nobody' }));
    expect(failure.kind).toBe('not_found');
    expect(failure.message).toBe(`Could not reach port 8080 of Pod ${namespace.name}/nobody: pods "nobody" not found.`);
  });

  it('ends with an error when the API server can not be reached', async () => {
    bad.network.acceptance = 'refuse';
    expect((await failureOf(open({}, bad.client))).kind).toBe('unavailable');
    bad.network.acceptance = 'pass';
  });

  it('is called off by the signal', async () => {
    bad.network.acceptance = 'hang';
    const calledOff = open({ signal: AbortSignal.timeout(200) }, bad.client);
    await expect(calledOff).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(open({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    bad.network.acceptance = 'pass';
    bad.network.cut();
  });
});

describe('the end of a connection', () => {
  it('is an error when it is cut', async () => {
    const connection = await open({}, bad.client);
    const error = once(connection, 'error', { signal: AbortSignal.timeout(5_000) }).catch((thrown: unknown) => [
      thrown,
    ]);
    bad.network.cut();
    expect((await error)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(connection.destroyed).toBe(true);
  });

  it('comes also when the connection has died in silence', async () => {
    const connection = await open({ heartbeatMs: 300 }, bad.client);
    await pause(1_000);
    expect(connection.destroyed).toBe(false);
    const ended = new Promise((resolve) => connection.once('error', resolve));
    bad.network.blackhole();
    expect(await ended).toMatchObject({ code: 'ETIMEDOUT' });
    bad.network.cut();
  });

  it('comes soon when it is asked for and nobody confirms it', async () => {
    const connection = await open({}, bad.client);
    bad.network.blackhole();
    const begun = performance.now();
    connection.resume().end();
    await once(connection, 'close');
    expect(performance.now() - begun).toBeLessThan(2_000);
    bad.network.cut();
  });

  it('comes when the Pod is gone', async () => {
    const pod = await makePod(client, { namespace: namespace.name, name: 'mortal' });
    const connection = await open({ pod: 'mortal' });
    const outgoing = httpRequest({ path: '/__stub', createConnection: () => connection, headers: { host: 'a' } });
    outgoing.end();
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    const closed = once(connection, 'close');
    const { uid } = pod.metadata;
    await client.delete(pods, { namespace: namespace.name, name: 'mortal' }, { uid, gracePeriodSeconds: 1 });
    await closed;
  });

  it('leaves nothing open at the API server', async () => {
    const before = bad.network.open;
    for (let round = 0; round < 5; round += 1) {
      const connection = await open({}, bad.client);
      const begun = performance.now();
      if (round % 2 === 0) connection.resume().end();
      else connection.destroy();
      await once(connection, 'close');
      expect(performance.now() - begun).toBeLessThan(2_000);
    }
    for (let waited = 0; bad.network.open > before && waited < 3_000; waited += 50) await pause(50);
    expect(bad.network.open).toBe(before);
  });
});
