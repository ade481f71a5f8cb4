import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { leadersClient } from '../../src/adapters/argocd/kubernetes/leaders-client.ts';
import {
  createLeaseElection,
  type LeaseElection,
  type LeaseTiming,
} from '../../src/adapters/argocd/kubernetes/lease-election.ts';
import { leases, secrets } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import type { Election, Leadership } from '../../src/ports/election.ts';
import { describeElectionContract } from '../contract/election.suite.ts';
import { openBadNetwork, type BadNetwork } from '../support/bad-network.ts';
import { endChildScripts, startChildScript } from '../support/child-script.ts';
import { startFaultyApiServer, type FaultyApiServer } from '../support/faulty-api-server.ts';
import { failureOf, makeNamespace, openKubernetes, sampleSecret, type TestNamespace } from '../support/kubernetes.ts';
import { recordingLog } from '../support/recording-log.ts';

const access = inject('cluster');
/** As short as a busy machine allows. */
const TIMING: LeaseTiming = { leaseSeconds: 3, renewDeadlineMs: 2_000, retryMs: 300 };
let client: KubernetesClient;
let namespace: TestNamespace;
const leaderships: Leadership[] = [];
const stop = { current: new AbortController() };
beforeAll(async () => {
  client = await openKubernetes(access.kubeconfig);
  namespace = await makeNamespace(client);
});
afterEach(async () => {
  stop.current.abort();
  stop.current = new AbortController();
  for (const leadership of leaderships.splice(0)) await leadership.resign();
  await endChildScripts();
});
afterAll(async () => {
  await namespace.remove();
  client.close();
});

function newLease(): string {
  return `lease-${randomBytes(4).toString('hex')}`;
}

function candidate(name: string, holder: string, over = client, log = recordingLog()): LeaseElection {
  const clock = createSystemClock();
  return createLeaseElection({ client: over, namespace: namespace.name, name, holder, clock, log, timing: TIMING });
}

async function lead(election: Election): Promise<Leadership> {
  const leadership = await election.campaign(stop.current.signal);
  leaderships.push(leadership);
  return leadership;
}

async function leadInAnotherProcess(name: string) {
  const args = [access.kubeconfig, namespace.name, name, JSON.stringify(TIMING)];
  const child = startChildScript('lead-with-lease-until-killed.ts', args);
  await child.nextLine();
  return child;
}

/** Milliseconds until it leads no more. */
async function lossOf(leadership: Leadership): Promise<number> {
  const begun = performance.now();
  if (!leadership.signal.aborted) {
    await new Promise((resolve) => leadership.signal.addEventListener('abort', resolve, { once: true }));
  }
  return performance.now() - begun;
}

describeElectionContract('Kubernetes Lease', async () => {
  const name = newLease();
  let candidates = 0;
  return {
    async candidate() {
      candidates += 1;
      return candidate(name, `candidate-${String(candidates)}`);
    },
    async leadInAnotherProcess() {
      const child = await leadInAnotherProcess(name);
      return { pid: child.pid, kill: () => child.end('SIGKILL') };
    },
    takeoverMs: 8_000,
    dispose: endChildScripts,
  };
});

describe('the Lease', () => {
  const read = async (name: string) => (await client.get(leases, { namespace: namespace.name, name })).spec;

  it('is written as every tool of Kubernetes reads it', async () => {
    const name = newLease();
    const first = await lead(candidate(name, 'first'));
    const held = await read(name);
    expect(held).toMatchObject({ leaseDurationSeconds: 3, leaseTransitions: 0 });
    expect(held.holderIdentity).toMatch(/^first [0-9a-f]{8}$/);
    expect(held.acquireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    await pause(1_000);
    const renewed = await read(name);
    expect(Date.parse(renewed.renewTime ?? '')).toBeGreaterThan(Date.parse(held.renewTime ?? ''));
    expect(renewed.acquireTime).toBe(held.acquireTime);
    await first.resign();
    expect((await read(name)).holderIdentity ?? '').toBe('');
    await lead(candidate(name, 'second'));
    expect(await read(name)).toMatchObject({ leaseTransitions: 1, holderIdentity: expect.stringContaining('second') });
  });

  it('of a holder whose clock is hours wrong is respected for as long as it is renewed, and no longer', async () => {
    const name = newLease();
    const spec = (renewTime: string, leaseTransitions: number) => ({
      holderIdentity: 'stranger',
      leaseDurationSeconds: 3,
      acquireTime: renewTime,
      renewTime,
      leaseTransitions,
    });
    // It says that it was renewed a day ago, which tells nothing.
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().replace('Z', '000Z');
    const metadata = { namespace: namespace.name, name };
    await client.create(leases, {
      apiVersion: leases.apiVersion,
      kind: leases.kind,
      metadata,
      spec: spec(yesterday, 0),
    });
    let leads = false;
    const begun = performance.now();
    const campaign = lead(candidate(name, 'here')).then(() => (leads = true));
    for (let renewals = 1; renewals <= 4; renewals += 1) {
      await pause(1_000);
      await client.patchJson(leases, metadata, [{ op: 'replace', path: '/spec', value: spec(yesterday, renewals) }]);
      expect(leads).toBe(false);
    }
    // And that it was renewed a day from now tells no more.
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().replace('Z', '000Z');
    await client.patchJson(leases, metadata, [{ op: 'replace', path: '/spec', value: spec(tomorrow, 5) }]);
    const lastRenewal = performance.now();
    await campaign;
    expect(performance.now() - lastRenewal).toBeGreaterThan(2_900);
    expect(performance.now() - lastRenewal).toBeLessThan(5_000);
    expect(performance.now() - begun).toBeGreaterThan(6_900);
  });

  it('that somebody else has taken is noticed at the next renewal', async () => {
    const name = newLease();
    const leadership = await lead(candidate(name, 'here'));
    const ref = { namespace: namespace.name, name };
    await client.patchJson(leases, ref, [{ op: 'replace', path: '/spec/holderIdentity', value: 'thief' }]);
    expect(await lossOf(leadership)).toBeLessThan(1_500);
    expect((await read(name)).holderIdentity).toBe('thief');
  });

  it('that a stopped process has let run out lets it change nothing, before anything else of it has noticed', async () => {
    const election = candidate(newLease(), 'stopped');
    expect(election.leads()).toBe(false);
    const leadership = await lead(election);
    expect(election.leads()).toBe(true);
    const guarded = leadersClient(client, () => election.leads());
    const { metadata } = await guarded.create(secrets, sampleSecret(namespace.name, 'before'));
    const wakesAt = performance.now() + TIMING.renewDeadlineMs + 100;
    while (performance.now() < wakesAt);
    expect(leadership.signal.aborted).toBe(false);
    expect(election.leads()).toBe(false);
    const ref = { namespace: namespace.name, name: 'before' };
    const refused = await Promise.all([
      failureOf(guarded.create(secrets, sampleSecret(namespace.name, 'after'))),
      failureOf(guarded.patchJson(secrets, ref, [{ op: 'add', path: '/stringData', value: { text: 'two' } }])),
      failureOf(guarded.delete(secrets, ref, { uid: metadata.uid })),
    ]);
    expect(refused.map(({ kind }) => kind)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    await expect(guarded.get(secrets, ref)).resolves.toMatchObject({
      data: { text: Buffer.from('one').toString('base64') },
    });
    expect((await failureOf(client.get(secrets, { ...ref, name: 'after' }))).kind).toBe('not_found');
  });

  it('that was deleted ends the leadership', async () => {
    const name = newLease();
    const leadership = await lead(candidate(name, 'here'));
    const ref = { namespace: namespace.name, name };
    await client.delete(leases, ref, { uid: (await client.get(leases, ref)).metadata.uid });
    expect(await lossOf(leadership)).toBeLessThan(1_500);
  });
});

describe('a leader that loses sight of the API server', () => {
  let bad: BadNetwork;
  let faulty: FaultyApiServer;
  let throughFaulty: KubernetesClient;
  beforeAll(async () => {
    bad = await openBadNetwork(access);
    faulty = await startFaultyApiServer(access);
    throughFaulty = await openKubernetes(faulty.kubeconfig);
  });
  afterEach(() => {
    bad.network.acceptance = 'pass';
    bad.network.cut();
    faulty.faultFor = () => undefined;
  });
  afterAll(async () => {
    await bad.close();
    throughFaulty.close();
    await faulty.close();
  });

  it.each(['refuse', 'hang'] as const)('steps down before anybody else may lead (%s)', async (acceptance) => {
    const name = newLease();
    const leadership = await lead(candidate(name, 'cut off', bad.client));
    let tookOverAt = 0;
    const successor = lead(candidate(name, 'other')).then(() => (tookOverAt = performance.now()));
    await pause(700);
    bad.network.acceptance = acceptance;
    if (acceptance === 'hang') bad.network.blackhole();
    else bad.network.cut();
    const lossMs = await lossOf(leadership);
    const lostAt = performance.now();
    expect(lossMs).toBeLessThan(2_300);
    expect(tookOverAt).toBe(0);
    await successor;
    expect(tookOverAt - lostAt).toBeGreaterThan(500);
  });

  it('goes on leading through short troubles', async () => {
    const name = newLease();
    const leadership = await lead(candidate(name, 'shaken', bad.client));
    for (let round = 0; round < 5; round += 1) {
      bad.network.acceptance = 'refuse';
      bad.network.cut();
      await pause(600);
      bad.network.acceptance = 'pass';
      await pause(600);
    }
    expect(leadership.signal.aborted).toBe(false);
  });

  it('goes on leading when its connections have died in silence, and new ones can be made', async () => {
    const name = newLease();
    const leadership = await lead(candidate(name, 'unplugged', bad.client));
    for (let round = 0; round < 3; round += 1) {
      await pause(700);
      bad.network.blackhole();
      await pause(1_500);
    }
    expect(leadership.signal.aborted).toBe(false);
  });

  it('knows its Lease again when the answer to a renewal was lost', async () => {
    const name = newLease();
    let lost = 0;
    faulty.faultFor = ({ method, path }) =>
      method === 'PATCH' && path.endsWith(name) && (lost += 1) % 3 === 1 ? 'reset-after' : undefined;
    const leadership = await lead(candidate(name, 'unheard', throughFaulty));
    await pause(4_000);
    expect(leadership.signal.aborted).toBe(false);
    expect(lost).toBeGreaterThan(6);
  });

  it('campaigns on through every failure, and says each only once', async () => {
    const name = newLease();
    const log = recordingLog();
    faulty.faultFor = () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'not you' } });
    const campaign = lead(candidate(name, 'patient', throughFaulty, log));
    await pause(1_500);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]?.message).toMatch(/^Can't take part in the election\. .*not you/);
    faulty.faultFor = () => undefined;
    expect((await campaign).signal.aborted).toBe(false);
  });

  it('that is stopped as a process for three leases loses them, and knows it when it wakes up', async () => {
    const name = newLease();
    const child = await leadInAnotherProcess(name);
    const taking = lead(candidate(name, 'survivor'));
    await pause(500);
    process.kill(child.pid, 'SIGSTOP');
    const stoppedAt = performance.now();
    await taking;
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
    await pause(Math.max(0, 9_000 - (performance.now() - stoppedAt)));
    process.kill(child.pid, 'SIGCONT');
    const wokenAt = performance.now();
    expect(await child.nextLine()).toBe('lost');
    expect(performance.now() - wokenAt).toBeLessThan(1_000);
    expect(leaderships[0]?.signal.aborted).toBe(false);
  });
});
