import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { createSqliteStore } from '../../src/adapters/sqlite/sqlite-environment-store.ts';
import { EVERYTHING } from '../../src/core/permissions.ts';
import { createVisits, type Visits } from '../../src/gateway/visits.ts';
import type { EnvironmentStore } from '../../src/ports/environment-store.ts';
import { put } from '../../src/services/unit-of-work.ts';
import { echo } from '../support/http-exchange.ts';
import { startPreviewGateway } from '../support/preview-gateway.ts';
import { steppedClock, type SteppedClock } from '../support/stepped-clock.ts';

const MINUTE = 60_000;
const visited = { id: 'env_visited', name: 'visited', nameVersion: 1 };
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('the record of the last visit', () => {
  let folder: string;
  let store: EnvironmentStore;
  let clock: SteppedClock;
  let start: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blueberry-visits-'));
    store = createSqliteStore(openDatabase(join(folder, 'blueberry.db')));
    clock = steppedClock();
    start = clock.now();
    await store.commit([put('name_reservation', 'visited', { environmentId: 'env_visited' })], []);
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  function visits(idleSleepMs = 30 * MINUTE): Visits {
    return createVisits({ store, clock, log: silent, idleSleepMs });
  }

  /** Seconds since the start, and how often it was written. */
  async function recorded(): Promise<{ at: number; writes: number } | null> {
    await clock.advance(0);
    const found = await store.get(EVERYTHING, 'visit', 'env_visited');
    return found && { at: (Date.parse(found.record.at) - start) / 1000, writes: found.version };
  }

  it('is written at the first visit, and then once in a minute at the most', async () => {
    const noted = visits();
    for (let second = 0; second <= 150; second += 1) {
      noted.begin(visited)();
      if (second === 0) expect(await recorded()).toEqual({ at: 0, writes: 1 });
      await clock.advance(1_000);
    }
    expect(await recorded()).toEqual({ at: 119, writes: 3 });
    await noted.close();
    expect(await recorded()).toEqual({ at: 150, writes: 4 });
  });

  it('is never more than a minute behind', async () => {
    const noted = visits();
    noted.begin(visited)();
    await clock.advance(20_000);
    noted.begin(visited)();
    await clock.advance(40_000);
    expect(await recorded()).toEqual({ at: 20, writes: 2 });
  });

  it('is left alone when there are no visits, and nothing is remembered then', async () => {
    const noted = visits();
    noted.begin(visited)();
    await clock.advance(10 * MINUTE);
    expect(await recorded()).toEqual({ at: 0, writes: 1 });
    noted.begin(visited)();
    expect(await recorded()).toEqual({ at: 600, writes: 2 });
    await noted.close();
    expect(await recorded()).toEqual({ at: 600, writes: 2 });
  });

  it('goes on for as long as a visit does, and ends with it', async () => {
    const noted = visits();
    const end = noted.begin(visited);
    await clock.advance(5 * MINUTE + 30_000);
    expect(await recorded()).toEqual({ at: 300, writes: 6 });
    end();
    end();
    await clock.advance(5 * MINUTE);
    expect(await recorded()).toEqual({ at: 330, writes: 7 });
  });

  it('is more precise where environments fall asleep soon', async () => {
    const noted = visits(8_000);
    noted.begin(visited);
    await clock.advance(7_000);
    expect(await recorded()).toEqual({ at: 6, writes: 4 });
  });

  it('is not written where nothing falls asleep', async () => {
    const noted = visits(0);
    noted.begin(visited)();
    await noted.close();
    expect(await recorded()).toBeNull();
  });

  it('is not written of what has lost its name', async () => {
    await store.commit([{ op: 'delete', kind: 'name_reservation', id: 'visited' }], []);
    visits().begin(visited)();
    expect(await recorded()).toBeNull();
    await store.commit([put('name_reservation', 'visited', { environmentId: 'env_other' })], []);
  });
});

describe('visits through the gateway', () => {
  it('are requests and open WebSockets, not the look of a live page', async () => {
    const preview = await startPreviewGateway({ idleSleepMs: 2_000 });
    const { server } = await preview.serve('watched', echo);
    new WebSocketServer({ server });
    const reservation = await preview.store.get(EVERYTHING, 'name_reservation', 'watched');
    const id = reservation?.record.environmentId ?? '';
    const lastVisit = async (): Promise<number> => {
      const visit = await preview.store.get(EVERYTHING, 'visit', id);
      return visit ? Date.parse(visit.record.at) : 0;
    };

    await preview.ask('watched', { path: '/.well-known/blueberry/status' });
    expect(await lastVisit()).toBe(0);
    await preview.ask('watched');
    await expect.poll(lastVisit).toBeGreaterThan(Date.now() - 1_000);

    const socket = new WebSocket(`ws://127.0.0.1:${String(preview.port)}`, { headers: { host: 'watched.localhost' } });
    await once(socket, 'open');
    await sleep(1_600);
    expect(await lastVisit()).toBeGreaterThan(Date.now() - 900);
    socket.terminate();
    await sleep(1_600);
    expect(await lastVisit()).toBeLessThan(Date.now() - 900);
    await preview.dispose();
  });
});
