import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventBus } from '../../src/ports/event-bus.ts';
import { openEvents } from '../support/event-client.ts';
import { eventually } from '../support/product.ts';
import { createTestApp, type TestApp } from '../support/test-app.ts';

type State = 'up' | 'failing' | 'silent';

describe.each(['failing', 'silent'] as const)('while the event bus is %s', (trouble) => {
  let app: TestApp;
  let state: State;
  beforeEach(async () => {
    state = 'up';
    app = await createTestApp({ decorateBus: troubled });
    await app.request('POST', '/api/environments', { body: { repository_id: await app.repository(), name: 'shown' } });
    state = trouble;
  });
  afterEach(async () => {
    state = 'up';
    await app.dispose();
  });

  function troubled(bus: EventBus): EventBus {
    const answer = <T>(call: () => Promise<T>): Promise<T> => {
      if (state === 'up') return call();
      return state === 'failing'
        ? Promise.reject(new Error('The connection is closed.'))
        : new Promise(() => undefined);
    };
    return {
      ...bus,
      position: () => answer(() => bus.position()),
      publish: (announcement) => answer(() => bus.publish(announcement)),
      check: () => answer(() => bus.check()),
    };
  }

  it('lists and pages are shown', async () => {
    const list = await app.request('GET', '/api/environments');
    expect([list.status, list.body.items[0]?.name, list.body.total]).toEqual([200, 'shown', 1]);
    const page = await app.request('GET', '/');
    expect(page.status).toBe(200);
    expect(page.text).toContain('shown');
    expect(page.text).toMatch(/<body data-position="[^"]+"/);
  });

  it('a list leads to a stream that says to list again, so that nothing falls between', async () => {
    const list = await app.request('GET', '/api/environments');
    expect(list.status).toBe(200);
    state = 'up';
    const query = new URLSearchParams({ after: list.body.position as string }).toString();
    const client = await openEvents(`${app.url}/api/events/environments?${query}`, {
      authorization: `Bearer ${app.administrator.token}`,
    });
    await eventually(() => Promise.resolve(client.events[0] ?? null), 5_000, 'the first event');
    expect(client.events.map(({ event }) => event)).toEqual(['reset']);
    client.close();
  });
});
