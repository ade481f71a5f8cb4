import { inject } from 'vitest';
import { describeEnvironmentRuntimeContract } from '../contract/environment-runtime.suite.ts';
import { createArgocdWorld } from '../support/argocd-world.ts';

const cluster = inject('cluster');

describeEnvironmentRuntimeContract('Argo CD, mode git', () => createArgocdWorld({ cluster, mode: 'git' }));
