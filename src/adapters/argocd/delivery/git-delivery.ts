import type { Clock } from '../../../ports/clock.ts';
import type { EnvironmentKey } from '../../../ports/environment-runtime.ts';
import type { GitOpsRepository } from '../../../ports/gitops-repository.ts';
import type { Log } from '../../../ports/log.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { KubernetesClient } from '../kubernetes/kubernetes-client.ts';
import { isKubernetesFailure, KubernetesFailure, orAbsent } from '../kubernetes/kubernetes-failure.ts';
import type { NewObject } from '../kubernetes/objects.ts';
import { applications, describeObject } from '../kubernetes/resources.ts';
import { NotOurs } from '../objects/not-ours.ts';
import { environmentSelector, ID_LABEL, isOwnedAs } from '../objects/ownership.ts';
import { changesTo } from './application-changes.ts';
import type { ApplicationDelivery } from './application-delivery.ts';
import { applicationFile, messageFor, ownerOfFile } from './application-file.ts';
import { createGitOpsFiles } from './gitops-files.ts';
import { prepareRemoval, removeApplication } from './remove-application.ts';
import { createRootApplication, hasLookedSince, isApplied, troubleOf } from './root-application.ts';

export interface GitDeliveryOptions {
  readonly repository: GitOpsRepository;
  readonly client: Pick<KubernetesClient, 'get' | 'listPages' | 'patchJson' | 'delete'>;
  readonly installation: string;
  readonly argocdNamespace: string;
  /** Folder of the environments' files, from the root of the repository. */
  readonly folder: string;
  /** Name of the Application that Argo CD makes Applications of the files by: `blueberry-environments`. */
  readonly rootApplication: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where nothing seems amiss the files are read again after so long, for edits that change nothing in the cluster. */
const READ_AGAIN_MS = 5 * 60_000;
/** Where something does, what is known is at most so old. */
const FRESH_MS = 5_000;
/** What has been asked for is asked for again after pauses that grow from the first to the second. */
const ASK_AGAIN_MS = { first: 2_000, longest: 60_000 };
/** A trouble of Argo CD with the repository is told when it has kept an environment waiting for so long. */
const TROUBLE_AFTER_MS = 20_000;
/** An Application whose file is gone is deleted when the root has not done so by then. */
const PRUNED_WITHIN_MS = 20_000;
const REMOVAL_KEPT_MS = 60 * 60_000;

/** An Application of which Argo CD has still to make what its file says. */
interface Asked {
  readonly since: number;
  pauseMs: number;
  nextAt: number;
  trouble: string | null;
}

/** An Application whose file is gone. */
interface Removal {
  /** When the remote had no such file any more. */
  readonly since: number;
  pauseMs: number;
  nextAt: number;
}

/** Delivers by committing one file for each environment to a repository that Argo CD follows. */
export function createGitDelivery(options: GitDeliveryOptions): ApplicationDelivery {
  const { repository, client, installation, argocdNamespace, folder, rootApplication, clock, log } = options;
  const files = createGitOpsFiles(repository, folder, clock);
  const root = createRootApplication(client, { name: rootApplication, namespace: argocdNamespace });
  const asked = new Map<string, Asked>();
  const removals = new Map<string, Removal>();
  let readAgainAt = 0;

  function demandOwn(current: Application, wanted: NewObject<Application>): void {
    if (isOwnedAs(current, wanted)) return;
    throw new NotOurs(describeObject(applications, { name: wanted.metadata.name, namespace: argocdNamespace }));
  }

  /** What has been damaged so that nobody can say whose it is counts as ours. */
  function isForeignFile(name: string, id?: string): boolean {
    const owner = ownerOfFile(files.get(name) ?? '');
    return owner !== null && (owner.installation !== installation || (id !== undefined && owner.key.id !== id));
  }

  function readNowAndThen(): void {
    const now = clock.now();
    if (now < readAgainAt) return;
    readAgainAt = now + READ_AGAIN_MS;
    files.look(FRESH_MS).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'Could not read the GitOps repository again.');
    });
  }

  async function write(wanted: NewObject<Application>, text: string, seen: Application | null): Promise<void> {
    const { name, labels } = wanted.metadata;
    if (isForeignFile(name, labels?.[ID_LABEL]))
      throw new NotOurs(`The file ${folder}/${name}.yaml of the GitOps repository`);
    // Argo CD would take over whatever has the name.
    const current = seen ?? (await orAbsent(client.get(applications, { name, namespace: argocdNamespace })));
    if (current !== null) demandOwn(current, wanted);
    const head = await files.write(name, text, messageFor(wanted, files.get(name)));
    log.info({ application: name, head }, 'Wrote an Application to the GitOps repository.');
    const entry = newlyAsked(clock.now());
    asked.set(name, entry);
    await askRoot(entry);
  }

  /** @returns the root as it was found */
  async function askRoot(entry: Asked): Promise<Application> {
    const found = await root.refresh();
    const now = clock.now();
    entry.trouble = now - entry.since < TROUBLE_AFTER_MS ? null : troubleOf(found);
    entry.nextAt = now + entry.pauseMs;
    entry.pauseMs = Math.min(ASK_AGAIN_MS.longest, entry.pauseMs * 2);
    return found;
  }

  /** Asks again from time to time, and fails where it is known why nothing comes of it. */
  async function wait(
    wanted: NewObject<Application>,
    text: string,
    seen: Application | null,
  ): Promise<Application | null> {
    const { name } = wanted.metadata;
    const now = clock.now();
    const entry = asked.get(name) ?? newlyAsked(now);
    asked.set(name, entry);
    if (now >= entry.nextAt) {
      await files.look(FRESH_MS);
      if (files.get(name) !== text) {
        await write(wanted, text, seen);
        return null;
      }
      const found = await askRoot(entry);
      if (seen !== null && isApplied(found, name, entry.since)) return mend(wanted, seen);
    }
    if (entry.trouble === null) return null;
    const ref = describeObject(applications, { name: rootApplication, namespace: argocdNamespace });
    throw new KubernetesFailure(
      'invalid',
      `Argo CD does not apply the GitOps repository, says ${ref}: ${entry.trouble}`,
    );
  }

  /** Argo CD takes what others have added for none of its business, such as parameters that win over the values. */
  async function mend(wanted: NewObject<Application>, seen: Application): Promise<Application | null> {
    const { name } = wanted.metadata;
    const { fields, patch } = changesTo(seen, wanted, null);
    try {
      const mended = await client.patchJson(applications, { name, namespace: argocdNamespace }, patch);
      log.info({ application: name, fields }, 'Put an Application back that was changed by hand.');
      return mended;
    } catch (error) {
      if (!isKubernetesFailure(error, 'conflict', 'not_found', 'unknown_outcome')) throw error;
      return null;
    }
  }

  /** Takes the file away, and resolves once the remote has none. */
  async function removeFile(name: string): Promise<void> {
    const text = files.get(name);
    const environment = ownerOfFile(text ?? '')?.key.name ?? name;
    const head = await files.write(name, null, `env ${environment}: remove`);
    if (text !== undefined) log.info({ application: name, head }, 'Removed an Application from the GitOps repository.');
  }

  function newlyRemoved(name: string): Removal {
    const now = clock.now();
    for (const [of, { since }] of removals) if (now - since > REMOVAL_KEPT_MS) removals.delete(of);
    const removal = { since: now, pauseMs: ASK_AGAIN_MS.first, nextAt: now };
    removals.set(name, removal);
    return removal;
  }

  /** Whether Argo CD knows that the file is gone. It is asked to look, and again while it does not. */
  async function isKnownGone(name: string, removal: Removal): Promise<boolean> {
    try {
      const found = await root.read();
      if (found === null || hasLookedSince(found, removal.since)) return true;
      const now = clock.now();
      if (now < removal.nextAt) return false;
      removal.nextAt = now + removal.pauseMs;
      removal.pauseMs = Math.min(ASK_AGAIN_MS.longest, removal.pauseMs * 2);
      await root.refresh();
    } catch (error) {
      if (!(error instanceof KubernetesFailure)) throw error;
      log.warn({ application: name, error: error.message }, 'Could not have Argo CD look at the GitOps repository.');
    }
    return false;
  }

  return {
    async put(wanted, seen) {
      const { name } = wanted.metadata;
      if (seen !== null) demandOwn(seen, wanted);
      if (seen?.metadata.deletionTimestamp !== undefined) return seen;
      removals.delete(name);
      await files.look(Infinity);
      readNowAndThen();
      const text = applicationFile(wanted);
      if (files.get(name) !== text) {
        await write(wanted, text, seen);
        return null;
      }
      if (seen !== null && changesTo(seen, wanted, null).fields.length === 0) {
        asked.delete(name);
        return seen;
      }
      return wait(wanted, text, seen);
    },

    async remove(name, seen) {
      asked.delete(name);
      const left = seen === null ? null : await prepareRemoval(client, seen);
      const known = removals.get(name);
      await files.look(known === undefined ? FRESH_MS : PRUNED_WITHIN_MS);
      if (isForeignFile(name)) return true;
      if (known === undefined || files.get(name) !== undefined) await removeFile(name);
      // Also where there was none: it may have been taken away a moment ago, by a process that has ended since.
      const removal = known ?? newlyRemoved(name);
      if (!(await isKnownGone(name, removal))) return false;
      // Before, Argo CD would make it anew of what it knows.
      if (left === null || left.metadata.deletionTimestamp !== undefined) return true;
      if (clock.now() - removal.since < PRUNED_WITHIN_MS) return true;
      log.warn({ application: name }, 'Deletes an Application that Argo CD has not removed after its file.');
      await removeApplication(client, left);
      return true;
    },

    async list() {
      await files.look(FRESH_MS);
      const keys = new Map<string, EnvironmentKey>();
      for (const text of files.all()) {
        const owner = ownerOfFile(text);
        if (owner?.installation === installation) keys.set(owner.key.id, owner.key);
      }
      if (keys.size === 0) return [];
      const query = { namespace: argocdNamespace, labelSelector: environmentSelector(installation) };
      for await (const { items } of client.listPages(applications, query))
        for (const { metadata } of items) keys.delete(metadata.labels?.[ID_LABEL] ?? '');
      return [...keys.values()];
    },
  };
}

function newlyAsked(now: number): Asked {
  return { since: now, pauseMs: ASK_AGAIN_MS.first, nextAt: now, trouble: null };
}
