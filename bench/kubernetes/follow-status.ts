import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from '../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import { kubernetesName } from '../../src/core/naming.ts';
import { connectRepository, createEnvironment, untilStatus } from '../../test/support/environments.ts';
import { openEvents, type EventClient } from '../../test/support/event-client.ts';
import { BOOTSTRAP_TOKEN, type Product } from '../../test/support/product.ts';
import { median, percentile, type Figure } from '../table.ts';
import { APPLICATIONS } from './applications.ts';
import { branchName, makeBranches, pushImages } from './branches.ts';
import { setStage, type Stage } from './stage.ts';

const ENVIRONMENTS = 20;
const SAMPLES = 400;
const PAUSE_MS = 50;
/** Longer than Blueberry waits before it takes a resource that is degraded for failed. */
const DEGRADED_FOR_MS = 60_000;

/**
 * The health of an Application changed in the Kubernetes API, as Argo CD would write it, to the event that a client of the
 * event stream receives. Counted from before the change is sent. Argo CD's controller is stopped meanwhile, which would
 * put back what it finds; each environment is told to be degraded, and the next time healthy again.
 */
export async function benchFollowStatus(): Promise<Figure[]> {
  const stage = await setStage();
  const branches = await makeBranches(ENVIRONMENTS);
  let product: Product | null = null;
  let client: EventClient | null = null;
  try {
    const image = await pushImages(stage.cluster.access.registry, branches);
    product = await stage.startProduct();
    const environments = await startEnvironments(product, await connectRepository(product, branches.path, { image }));
    await stage.cluster.components['argocd-application-controller'].stop();
    client = await openEvents(`${product.url}/api/events/environments`, {
      authorization: `Bearer ${BOOTSTRAP_TOKEN}`,
    });
    const subjects = await Promise.all(environments.map((environment) => subjectOf(stage, environment)));
    const taken: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const subject = subjects[sample % subjects.length];
      const isDegraded = Math.floor(sample / subjects.length) % 2 === 0;
      if (subject !== undefined) taken.push(await change(stage, client, subject, isDegraded));
      await sleep(PAUSE_MS);
    }
    const p99 = percentile(taken, 0.99);
    return [
      {
        what: `health changed in the API to the event at the client, p99 of ${taken.length}`,
        measured: `${p99.toFixed(0)} ms (median ${median(taken).toFixed(0)} ms, longest ${Math.max(...taken).toFixed(0)} ms)`,
        goal: '≤ 250 ms',
        reached: p99 <= 250,
      },
    ];
  } finally {
    client?.close();
    await product?.dispose();
    await stage.dispose();
    await branches.dispose();
  }
}

interface Made {
  readonly id: string;
  readonly name: string;
}

/** An environment, and the health of its Application as Argo CD has left it. */
interface Subject extends Made {
  readonly path: string;
  readonly health: NonNullable<Application['status']>['health'];
}

async function startEnvironments(product: Product, repositoryId: string): Promise<readonly Made[]> {
  const made: Made[] = [];
  for (let number = 1; number <= ENVIRONMENTS; number += 1) {
    const input = { repository_id: repositoryId, name: `bench-${number}`, branch: branchName(number) };
    made.push(await createEnvironment(product, input));
  }
  for (const { id } of made) await untilStatus(product, id, 'ready', 120_000);
  return made;
}

async function subjectOf({ kubernetes }: Stage, { id, name }: Made): Promise<Subject> {
  const path = `${APPLICATIONS}/${kubernetesName(name, id)}`;
  const { status } = await kubernetes.request<Application>('GET', path);
  return { id, name, path, health: status?.health };
}

async function change(
  { kubernetes }: Stage,
  { events }: EventClient,
  { id, name, path, health }: Subject,
  isDegraded: boolean,
): Promise<number> {
  const namespace = kubernetesName(name, id);
  const degraded = {
    status: 'Degraded',
    message: `Caused by apps/Deployment:${namespace}/${namespace}`,
    lastTransitionTime: new Date(Date.now() - DEGRADED_FOR_MS).toISOString().replace(/\.\d+/, ''),
  };
  const reconciledAt = new Date().toISOString().replace(/\.\d+/, '');
  const status = { health: isDegraded ? degraded : { message: null, ...health }, reconciledAt };
  const from = events.length;
  const began = performance.now();
  await kubernetes.request('PATCH', path, { status }, 'application/merge-patch+json');
  const received = await told(events, from, id, isDegraded ? 'failed' : 'ready');
  return received - began;
}

async function told(events: EventClient['events'], from: number, id: string, status: string): Promise<number> {
  const deadline = performance.now() + 10_000;
  for (let next = from; performance.now() < deadline;) {
    const event = events[next];
    if (event === undefined) {
      await sleep(2);
      continue;
    }
    next += 1;
    const body = JSON.parse(event.data) as { readonly id?: string; readonly status?: string };
    if (event.event === 'environment.updated' && body.id === id && body.status === status) return event.receivedAt;
  }
  throw new Error(`Nobody was told that ${id} is ${status}.`);
}
