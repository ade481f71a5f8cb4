import { describe, expect, it } from 'vitest';
import type { Namespace } from '../../../src/adapters/argocd/kubernetes/objects.ts';
import { blockerOfApplication, blockerOfNamespace } from '../../../src/adapters/argocd/observation/removal-blockers.ts';
import { application, at, NAME } from '../../support/observed-objects.ts';

describe('what holds an Application', () => {
  const leaving = (status = {}) => {
    const of = application(status);
    const finalizers = ['resources-finalizer.argocd.argoproj.io'];
    return { ...of, metadata: { ...of.metadata, deletionTimestamp: at(30), finalizers } };
  };

  it.each([
    [
      'its finalizer, which Argo CD works at',
      leaving(),
      `Waiting for Argo CD to delete what it has deployed. Application ${NAME} is held by the finalizer resources-finalizer.argocd.argoproj.io.`,
    ],
    [
      'an object that does not go',
      leaving({
        health: { status: 'Progressing', message: `Caused by ConfigMap:${NAME}/held`, lastTransitionTime: at(31) },
      }),
      'Waiting for ConfigMap held to be deleted, which a finalizer may hold up.',
    ],
    [
      'an error',
      leaving({
        conditions: [{ type: 'DeletionError', message: 'configmaps "held" is forbidden.', lastTransitionTime: at(31) }],
      }),
      `Argo CD can't delete what Application ${NAME} has deployed: configmaps "held" is forbidden.`,
    ],
  ])('%s', (_, of, sentence) => {
    expect(blockerOfApplication(of)).toBe(sentence);
  });
});

describe('what holds a namespace', () => {
  const leaving = (conditions: readonly (readonly [string, string])[]): Namespace => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAME, uid: 'uid', resourceVersion: '1', creationTimestamp: at(0), deletionTimestamp: at(30) },
    status: {
      phase: 'Terminating',
      conditions: conditions.map(([type, message]) => ({ type, status: 'True', message })),
    },
  });

  it.each([
    ['nothing yet', [], `Waiting for namespace ${NAME} to be deleted.`],
    [
      'objects, and their finalizers',
      [
        [
          'NamespaceFinalizersRemaining',
          'Some content in the namespace has finalizers remaining: example.com/held in 1 resource instances, example.com/too in 3 resource instances',
        ],
        [
          'NamespaceContentRemaining',
          'Some resources are remaining: configmaps. has 1 resource instances, widgets.example.com has 3 resource instances',
        ],
      ],
      `Namespace ${NAME} is not empty: left are 1 configmaps, 3 widgets.example.com; held by the finalizer example.com/held, the finalizer example.com/too.`,
    ],
    [
      'an API that does not answer',
      [
        [
          'NamespaceDeletionDiscoveryFailure',
          'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1',
        ],
      ],
      `Namespace ${NAME} is not empty: Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1.`,
    ],
  ] as const)('%s', (_, conditions, sentence) => {
    expect(blockerOfNamespace(leaving(conditions))).toBe(sentence);
  });
});
