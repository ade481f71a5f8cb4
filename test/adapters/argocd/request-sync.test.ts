import { expect, it } from 'vitest';
import { requestSync } from '../../../src/adapters/argocd/delivery/request-sync.ts';
import type { Application } from '../../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { JsonPatch } from '../../../src/adapters/argocd/kubernetes/kubernetes-client.ts';
import { application } from '../../support/observed-objects.ts';

async function asked(of: Application): Promise<JsonPatch | null> {
  let sent: JsonPatch | null = null;
  await requestSync(
    {
      patchJson(_resource, _ref, patch) {
        sent = patch;
        return Promise.reject(new Error('Not reached: what is sent is all that counts.'));
      },
    },
    of,
  ).catch(() => undefined);
  return sent;
}

it('asks for a sync that is tried again as often as any: a project just made may be news to Argo CD', async () => {
  const of = application();
  const syncPolicy = {
    syncOptions: ['ServerSideApply=true'],
    retry: { limit: 5, refresh: true, backoff: { duration: '2s', factor: 2, maxDuration: '1m' } },
  };
  expect(await asked({ ...of, spec: { ...of.spec, syncPolicy } })).toContainEqual({
    op: 'add',
    path: '/operation',
    value: {
      initiatedBy: { username: 'blueberry' },
      sync: { prune: true, syncOptions: ['ServerSideApply=true'] },
      retry: syncPolicy.retry,
    },
  });
});

it('asks for nothing where a sync is asked for already', async () => {
  expect(await asked(application({}, { operation: {} }))).toBeNull();
});
