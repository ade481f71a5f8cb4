import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pair } from '../certificates.ts';
import { connect, KubernetesError } from '../kubernetes-client.ts';
import { type Act, beginAct, type Stage } from './act.ts';
import { script } from './behaviours.ts';
import { createImages } from './images.ts';
import { type KubeletFront, startKubeletFront } from './kubelet-front.ts';
import { forgetRules, sweepRules } from './kubelet-rules.ts';
import type { Pod } from './pod.ts';

// The stage-hand of the cluster: for every Pod that is on a node it does what a kubelet and the container would do.

/** What `startCluster` tells it, in the file that is its only argument. */
export interface StageHandConfiguration {
  kubeconfig: string;
  podLogs: string;
  registry: string;
  port: number;
  kwokPort: number;
  certificate: Pair;
}

const RECONNECT_MS = 200;

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('The configuration is missing: main.ts FILE');
const configuration = JSON.parse(readFileSync(file, 'utf8')) as StageHandConfiguration;
const client = await connect(configuration.kubeconfig);
const acts = new Map<string, Act>();
const terminating = new Set<string>();
const front: KubeletFront = startKubeletFront(configuration, (pod) =>
  [...acts.values()].find(({ pod: { metadata } }) => `${metadata.namespace}/${metadata.name}` === pod),
);
const stage: Stage = {
  client,
  images: createImages(configuration.registry),
  podLogs: configuration.podLogs,
  containerEnded: ({ metadata }, container) =>
    front.containerEnded(`${metadata.namespace}/${metadata.name}`, container),
};

for (;;) {
  await followPods().catch((error: unknown) => say('The watch of Pods ended', error));
  await sleep(RECONNECT_MS);
}

async function followPods(): Promise<void> {
  const list = await client.request<{ metadata: { resourceVersion: string }; items: Pod[] }>('GET', '/api/v1/pods');
  const listed = new Set(list.items.map(({ metadata }) => metadata.uid));
  for (const act of acts.values()) if (!listed.has(act.pod.metadata.uid)) podIsGone(act.pod);
  for (const pod of list.items) see(pod);
  await sweepRules(client, listed);
  const path = `/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}`;
  for await (const { type, object } of client.watch<Pod>(path, new AbortController().signal)) {
    if (type === 'ERROR') return;
    if (type === 'DELETED') podIsGone(object);
    else if (type !== 'BOOKMARK') see(object);
  }
}

/** Looks at one Pod as it is now, and does what it takes. */
function see(pod: Pod): void {
  const { uid, deletionTimestamp } = pod.metadata;
  if (pod.spec.nodeName === undefined) return;
  const act = acts.get(uid);
  if (deletionTimestamp !== undefined) return void terminate(pod);
  if (act === undefined) acts.set(uid, beginAct(pod, stage));
  else if (act.script !== script(pod)) {
    void act.stop();
    acts.set(uid, beginAct(pod, stage));
  }
}

async function terminate(pod: Pod): Promise<void> {
  const { uid, name, namespace } = pod.metadata;
  if (terminating.has(uid)) return;
  terminating.add(uid);
  await acts.get(uid)?.terminate();
  const now = { gracePeriodSeconds: 0, preconditions: { uid } };
  for (;;) {
    try {
      await client.delete({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } }, now);
      return;
    } catch (error) {
      // 409: another Pod has the name by now.
      if (error instanceof KubernetesError && error.status === 409) return;
      say(`${namespace}/${name} could not be removed`, error);
      await sleep(RECONNECT_MS);
    }
  }
}

function podIsGone(pod: Pod): void {
  const { uid } = pod.metadata;
  void acts.get(uid)?.stop();
  acts.delete(uid);
  terminating.delete(uid);
  forgetRules(client, uid).catch((error: unknown) => say(`Rules of ${uid} stay`, error));
}

function say(what: string, error: unknown): void {
  console.log(`${new Date().toISOString()} ${what}: ${error instanceof Error ? error.message : String(error)}`);
}
