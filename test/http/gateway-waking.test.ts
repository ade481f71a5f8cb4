import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { markedForDeletion } from '../../src/core/environment-intent.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { answerOf, echo, openRequest } from '../support/http-exchange.ts';
import { BROWSER, ready, startPreviewGateway, withCondition, type PreviewGateway } from '../support/preview-gateway.ts';

let preview: PreviewGateway;
beforeAll(async () => {
  preview = await startPreviewGateway({ wakeTimeoutMs: 3_000 });
});
afterAll(() => preview.dispose());

/** An environment that sleeps as asked. */
async function asleep(name: string): Promise<string> {
  await preview.serve(name, echo);
  const reservation = await preview.store.get(EVERYTHING, 'name_reservation', name);
  const id = reservation?.record.environmentId ?? '';
  await preview.change(id, (environment) => {
    const { spec, status } = environment;
    const conditions = withCondition(status.conditions, 'Healthy', 'Asleep', 'Asleep, as asked.', spec.revision);
    return { ...environment, spec: { ...spec, asleep: true }, status: { ...status, conditions, serving: null } };
  });
  return id;
}

/** What a controller does: once it is wanted awake, it is so after a while. */
async function controller(id: string, takesMs: number): Promise<void> {
  while ((await preview.read(id)).spec.asleep) await sleep(5);
  await sleep(takesMs);
  await preview.change(id, (environment) => ready(environment, 1));
}

async function wakings(id: string): Promise<number> {
  const events = await preview.store.list(EVERYTHING, 'timeline_event', { where: { environmentId: id }, limit: 100 });
  return events.items.filter(({ record }) => record.message === 'Woken by a visit.').length;
}

it('any number of visits at once wake it once, and are held until it serves', async () => {
  const id = await asleep('crowd');
  const visits = Array.from({ length: 20 }, (_, index) =>
    preview.ask('crowd', { method: 'POST', path: `/${String(index)}`, body: `body ${String(index)}` }),
  );
  await controller(id, 300);
  const replies = await Promise.all(visits);
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  expect(replies.map(({ text }) => (JSON.parse(text) as { body: string }).body)).toEqual(
    Array.from({ length: 20 }, (_, index) => `body ${String(index)}`),
  );
  expect(await wakings(id)).toBe(1);
});

it('one that comes while it wakes is held too', async () => {
  const id = await asleep('late');
  const first = preview.ask('late');
  await sleep(200);
  const second = preview.ask('late');
  await controller(id, 100);
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
});

it('a browser is held no longer than it takes to wonder, and then sees the live page', async () => {
  const id = await asleep('browser');
  const startedAt = performance.now();
  const reply = await preview.ask('browser', { headers: BROWSER });
  const tookMs = performance.now() - startedAt;
  expect(reply.status).toBe(503);
  expect(reply.text).toContain('<h1>Waking up</h1>');
  expect(reply.text).toContain('role="status">Waking up.');
  expect(tookMs).toBeGreaterThan(1_400);
  expect(tookMs).toBeLessThan(2_900);
  await controller(id, 0);
  expect((await preview.ask('browser', { headers: BROWSER })).status).toBe(200);
});

it('a browser that need not wait sees the application at once', async () => {
  const id = await asleep('quick');
  const reply = preview.ask('quick', { headers: BROWSER });
  await controller(id, 100);
  expect((await reply).status).toBe(200);
});

it('a program is told to come back when it takes too long', async () => {
  await asleep('slow');
  const reply = await preview.ask('slow');
  expect(reply.status).toBe(503);
  expect(reply.headers['retry-after']).toBe('2');
  expect(JSON.parse(reply.text)).toMatchObject({ detail: 'Waking up.' });
});

it('a failure to wake is told at once', async () => {
  const id = await asleep('broken');
  const reply = preview.ask('broken');
  await sleep(100);
  await preview.change(id, (environment) => {
    const conditions = withCondition([], 'Healthy', 'Crashed', 'It crashed.', 1);
    return { ...environment, status: { ...environment.status, conditions } };
  });
  expect(await reply).toMatchObject({ status: 502, text: expect.stringContaining('It crashed.') });
});

it('so is its removal', async () => {
  const id = await asleep('removed');
  const reply = preview.ask('removed');
  await sleep(100);
  await preview.change(id, (environment) => markedForDeletion(environment, new Date().toISOString()));
  expect(await reply).toMatchObject({ status: 404, text: expect.stringContaining('is being removed') });
});

it('a visitor who leaves meanwhile leaves nothing behind', async () => {
  const id = await asleep('impatient');
  const outgoing = openRequest(preview, 'impatient', 'GET');
  outgoing.on('error', () => undefined);
  outgoing.end();
  await sleep(100);
  outgoing.destroy();
  await controller(id, 50);
  await sleep(100);
  expect(preview.logged.filter((line) => line.includes('impatient'))).toEqual([]);
  const followed = openRequest(preview, 'impatient', 'GET');
  followed.end();
  expect((await answerOf(followed)).statusCode).toBe(200);
});

it('nobody is held when the gateway closes', async () => {
  const closing = await startPreviewGateway({ wakeTimeoutMs: 60_000 });
  const { metadata } = await closing.serve('held', echo).then(() => closing.create('other'));
  await closing.change(metadata.id, ({ spec, ...rest }) => ({ ...rest, spec: { ...spec, asleep: true } }));
  await closing.change(metadata.id, (environment) => {
    const conditions = withCondition([], 'Healthy', 'WakingUp', 'Waking up.', 1);
    return { ...environment, status: { ...environment.status, conditions } };
  });
  const reply = closing.ask('other');
  await sleep(100);
  const startedAt = performance.now();
  await closing.gateway.close();
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect((await reply).status).toBe(503);
  expect((await closing.ask('held')).text).toContain('Blueberry is stopping.');
  await closing.dispose();
});
