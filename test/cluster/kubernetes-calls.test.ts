import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KubernetesClient } from '../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import {
  applications,
  describeObject,
  namespaces,
  secrets,
  type Resource,
} from '../../src/adapters/argocd/kubernetes/resources.ts';
import type { KubernetesObject } from '../../src/adapters/argocd/kubernetes/objects.ts';
import { failureOf, makeNamespace, openKubernetes, sampleSecret, type TestNamespace } from '../support/kubernetes.ts';

let client: KubernetesClient;
let namespace: TestNamespace;
beforeAll(async () => {
  client = await openKubernetes(inject('cluster').kubeconfig);
  namespace = await makeNamespace(client);
});
afterAll(async () => {
  await namespace.remove();
  client.close();
});

function ref(name: string): { readonly namespace: string; readonly name: string } {
  return { namespace: namespace.name, name };
}

describe('reading', () => {
  it('says which version the API server is', async () => {
    expect(await client.serverVersion()).toMatch(/^v1\.\d+\.\d+/);
  });

  it('tells an object that is not there from a kind that is not served', async () => {
    const gone = await failureOf(client.get(secrets, ref('nobody')));
    expect(gone).toMatchObject({ kind: 'not_found', status: 404, reason: 'NotFound' });
    expect(gone.message).toBe(`Could not read Secret ${namespace.name}/nobody: secrets "nobody" not found.`);
    const unserved: Resource<KubernetesObject> = { ...secrets, plural: 'sonnets', kind: 'Sonnet' };
    const noGroup: Resource<KubernetesObject> = { ...applications, apiVersion: 'nowhere.test/v1' };
    for (const resource of [unserved, noGroup]) {
      const failure = await failureOf(client.get(resource, ref('nobody')));
      expect(failure).toMatchObject({ kind: 'not_served', status: 404 });
      expect(failure.message).toContain('installed there');
      expect((await failureOf(client.list(resource))).kind).toBe('not_served');
    }
  });

  it('lists more than a page, as of one moment, and each item says what it is', async () => {
    const names = Array.from({ length: 520 }, (_, index) => `many-${String(index).padStart(3, '0')}`);
    for (let at = 0; at < names.length; at += 40) {
      const some = names.slice(at, at + 40);
      await Promise.all(some.map((name) => client.create(secrets, sampleSecret(namespace.name, name))));
    }
    const query = { namespace: namespace.name, fieldSelector: 'type=Opaque' };
    const pages: number[] = [];
    for await (const page of client.listPages(secrets, query)) pages.push(page.items.length);
    expect(pages).toEqual([500, 20]);
    const list = await client.list(secrets, query);
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(new Set(list.items.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))).toEqual(new Set(['v1 Secret']));
    expect(list.resourceVersion).toMatch(/^\d+$/);
  });

  it('lists by labels', async () => {
    const secret = sampleSecret(namespace.name, 'labelled');
    await client.create(secrets, { ...secret, metadata: { ...secret.metadata, labels: { 'blueberry.test/of': 'a' } } });
    const { items } = await client.list(secrets, { labelSelector: 'blueberry.test/of=a' });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['labelled']);
    expect((await failureOf(client.list(secrets, { labelSelector: 'a b c' }))).kind).toBe('invalid');
  });

  it('asks what the account may do', async () => {
    expect(await client.canI({ verb: 'create', resource: 'pods', subresource: 'portforward' })).toMatchObject({
      allowed: true,
    });
  });
});

describe('writing', () => {
  it('creates an object once', async () => {
    const made = await client.create(secrets, sampleSecret(namespace.name, 'once'));
    expect(made.metadata.uid).toMatch(/\S/);
    expect(made.data).toEqual({ text: btoa('one') });
    const failure = await failureOf(client.create(secrets, sampleSecret(namespace.name, 'once', 'two')));
    expect(failure).toMatchObject({ kind: 'already_exists', status: 409, reason: 'AlreadyExists' });
    expect((await client.get(secrets, ref('once'))).data).toEqual({ text: btoa('one') });
  });

  it('says that the namespace of an object is not there', async () => {
    const failure = await failureOf(client.create(secrets, sampleSecret('not-there', 'lost')));
    expect(failure.kind).toBe('not_found');
    expect(failure.message).toContain('namespaces "not-there" not found');
  });

  it('changes an object only if it is what the patch demands', async () => {
    const { metadata } = await client.create(secrets, sampleSecret(namespace.name, 'patched'));
    const patch = (uid: string, resourceVersion: string, value: object) =>
      client.patchJson(secrets, ref('patched'), [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
        { op: 'replace', path: '/data', value },
      ]);
    const changed = await patch(metadata.uid, metadata.resourceVersion, { text: btoa('two') });
    expect(changed.data).toEqual({ text: btoa('two') });
    for (const [uid, version] of [
      [metadata.uid, metadata.resourceVersion],
      ['another', changed.metadata.resourceVersion],
    ] as const) {
      expect(await failureOf(patch(uid, version, {}))).toMatchObject({ kind: 'conflict', status: 422 });
    }
    expect((await client.get(secrets, ref('patched'))).data).toEqual({ text: btoa('two') });
    expect((await failureOf(client.patchJson(secrets, ref('nobody'), []))).kind).toBe('not_found');
  });

  it('does not repeat what a refused Secret holds', async () => {
    await client.create(secrets, sampleSecret(namespace.name, 'refused', 'hunter2'));
    const replaceData = (value: unknown) =>
      client.patchJson(secrets, ref('refused'), [{ op: 'replace', path: '/data', value }]);
    const calls = [
      () => replaceData(5),
      () => replaceData({ '!': 'aHVudGVyMg==' }),
      () => client.create(secrets, sampleSecret(namespace.name, 'Not A Name', 'hunter2')),
    ];
    for (const call of calls) {
      const failure = await failureOf(call());
      expect(failure.kind).toBe('invalid');
      expect(JSON.stringify([failure.message, failure.causes])).not.toMatch(/hunter2|aHVudGVyMg/);
      expect(failure.message).toMatch(/FieldValueInvalid/);
    }
  });

  it('deletes exactly the object that was meant', async () => {
    const { metadata } = await client.create(secrets, sampleSecret(namespace.name, 'doomed'));
    const elder = { uid: metadata.uid, resourceVersion: '1' };
    expect((await failureOf(client.delete(secrets, ref('doomed'), { uid: 'another' }))).kind).toBe('conflict');
    expect((await failureOf(client.delete(secrets, ref('doomed'), elder))).kind).toBe('conflict');
    await client.delete(secrets, ref('doomed'), { uid: metadata.uid, propagationPolicy: 'Foreground' });
    // With nobody there to collect its dependents it stays until its finalizer is taken.
    const dying = await client.get(secrets, ref('doomed')).catch(() => null);
    if (dying) expect(dying.metadata.deletionTimestamp).toMatch(/Z$/);
    await client.create(secrets, sampleSecret(namespace.name, 'doomed-too')).then(async (other) => {
      await client.delete(secrets, ref('doomed-too'), { uid: other.metadata.uid });
      expect((await failureOf(client.delete(secrets, ref('doomed-too'), { uid: other.metadata.uid }))).kind).toBe(
        'not_found',
      );
    });
  });

  it('refuses a name that would mean a whole collection', async () => {
    for (const name of ['', '.', '..', 'a/b', '?', 'a b']) {
      await expect(client.delete(secrets, ref(name), { uid: 'x' })).rejects.toThrow('no name of an object');
      await expect(client.get(namespaces, { name })).rejects.toThrow('no name of an object');
    }
    await expect(client.get(secrets, { name: 'a' })).rejects.toThrow('Which namespace');
    expect(describeObject(namespaces, { name: 'a' })).toBe('Namespace a');
  });
});

it('is called off by the signal', async () => {
  await expect(client.get(secrets, ref('any'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
});
