import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { createInformer, type Informer, type InformerTiming } from '../../src/adapters/argocd/kubernetes/list-watch.ts';
import type { Secret } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { secrets } from '../../src/adapters/argocd/kubernetes/resources.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { makeNamespace, sampleSecret } from './kubernetes.ts';
import { recordingLog } from './recording-log.ts';

/** A view of the Secrets of a namespace of its own, and what changes them behind its back. */
export interface SecretView {
  readonly namespace: string;
  readonly informer: Informer<Secret>;
  readonly log: ReturnType<typeof recordingLog>;
  /** What the view has under this name. */
  textOf(name: string): string | undefined;
  write(name: string, text?: string): Promise<void>;
  change(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Fails unless the view holds exactly what the API server has. */
  expectCurrent(): Promise<void>;
  /** Ends it, and all that has to do with it. */
  stop(): Promise<void>;
}

/**
 * @param client what the view looks through
 * @param direct what nothing ever happens to
 */
export async function viewSecrets(
  client: KubernetesClient,
  direct: KubernetesClient,
  timing: Partial<InformerTiming> = {},
): Promise<SecretView> {
  const own = await makeNamespace(direct);
  const namespace = own.name;
  const log = recordingLog();
  const clock = createSystemClock();
  const informer = createInformer({ client, resource: secrets, namespace, clock, log, timing });
  const end = new AbortController();
  const running = informer.run(end.signal);
  await informer.synced();
  const ref = (name: string) => ({ namespace, name });
  return {
    namespace,
    informer,
    log,
    textOf(name) {
      const text = informer.get(ref(name))?.data?.['text'];
      return text === undefined ? undefined : atob(text);
    },
    async write(name, text = 'one') {
      await direct.create(secrets, sampleSecret(namespace, name, text));
    },
    async change(name, text) {
      await direct.patchJson(secrets, ref(name), [{ op: 'replace', path: '/data', value: { text: btoa(text) } }]);
    },
    async remove(name) {
      await direct.delete(secrets, ref(name), { uid: (await direct.get(secrets, ref(name))).metadata.uid });
    },
    async expectCurrent() {
      const { items } = await direct.list(secrets, { namespace });
      const versions = (objects: Iterable<Secret>): string[] =>
        [...objects].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
      expect(versions(informer.values())).toEqual(versions(items));
    },
    async stop() {
      end.abort();
      await running;
      await own.remove();
    },
  };
}

/** Resolves with the milliseconds that it took. */
export async function until(condition: () => boolean, withinMs: number, what: string): Promise<number> {
  const begun = performance.now();
  for (; !condition(); await pause(10)) {
    if (performance.now() - begun > withinMs) throw new Error(`Not within ${String(withinMs)} ms: ${what}`);
  }
  return performance.now() - begun;
}
