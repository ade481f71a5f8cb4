import { afterEach, beforeEach, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/core/permissions.ts';
import type { Delivery } from '../../src/ports/event-bus.ts';
import { createAnnouncer } from '../../src/services/announcer.ts';
import { createEnvironmentService } from '../../src/services/environment-service.ts';
import { createUnitOfWork } from '../../src/services/unit-of-work.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { createGitFixture, type GitFixture } from '../support/git-fixture.ts';

let plane: ControlPlane;
let fixture: GitFixture;
beforeEach(async () => {
  plane = await createControlPlane();
  fixture = await createGitFixture({ 'index.html': 'hello' });
});
afterEach(async () => {
  await plane.dispose();
  await fixture.dispose();
});

it('announces again what a bus that was down has missed, and only that', async () => {
  const { store, bus, clock, context } = plane;
  let down = true;
  const failing = {
    ...bus,
    publish: (...args: Parameters<typeof bus.publish>) =>
      down ? Promise.reject(new Error('down')) : bus.publish(...args),
  };
  const announcer = createAnnouncer({ store, bus: failing, clock, log: context.log });
  const unitOfWork = createUnitOfWork({ store, announcer, cipher: context.cipher, clock });
  const environments = createEnvironmentService({
    ...context,
    bus: failing,
    unitOfWork,
    quotas: { perOwner: 0, total: 0 },
    urlOf: (name) => name,
  });
  const repository = await plane.repositories.createRepository(ADMINISTRATOR, { url: fixture.path, path: '' });
  const after = await bus.position();

  const input = { name: 'unheard', repository_id: repository.id, branch: 'main', ttl_hours: 1 };
  const { id } = await environments.createEnvironment(ADMINISTRATOR, input, { kind: 'manual', fork: false });
  expect((await store.listUnannounced(10)).map((missed) => missed.id)).toEqual([id]);

  down = false;
  expect(await announcer.announceMissed()).toBe(1);
  expect(await announcer.announceMissed()).toBe(0);
  const signal = new AbortController();
  const deliveries: Delivery[] = [];
  for await (const delivery of bus.subscribe({ after, visibility: EVERYTHING, signal: signal.signal })) {
    deliveries.push(delivery);
    signal.abort();
  }
  expect(deliveries).toMatchObject([
    { kind: 'announcement', announcement: { type: 'created', environment: { id, version: 1 } } },
  ]);
});
