import { describeKills } from './kill.suite.ts';

describeKills(
  'git',
  {
    create: [
      'gitOps.commit:after:1',
      'gitOps.commit:before:1',
      'kubernetes.patchJson.Application:before:1',
      'kubernetes.create.Namespace:after:1',
      'kubernetes.patchJson.Application:after:1',
      'runtime.ensure:after:1',
      'runtime.ensure:after:3',
      'store.commit:after:3',
      null,
    ],
    redeploy: [
      'gitOps.commit:after:1',
      'gitOps.commit:before:1',
      'kubernetes.patchJson.Application:before:1',
      'kubernetes.patchJson.Application:after:1',
      'runtime.ensure:after:2',
      'store.commit:after:3',
      null,
    ],
    delete: [
      'gitOps.commit:before:1',
      'gitOps.commit:after:1',
      'kubernetes.patchJson.Application:before:1',
      'kubernetes.patchJson.Application:after:1',
      'kubernetes.delete.Namespace:before:1',
      'kubernetes.delete.Namespace:after:1',
      'runtime.remove:after:2',
      'store.commit:after:1',
      null,
    ],
  },
  Number(process.env['CLUSTER_CRASH_ROUNDS'] ?? '1'),
);
