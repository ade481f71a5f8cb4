import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { createGitDelivery } from '../../src/adapters/argocd/delivery/git-delivery.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { makeChartRepository } from '../support/chart-repository.ts';
import { ARGOCD_NAMESPACE } from '../support/delivery-stage.ts';
import { createGitOpsRemote } from '../support/gitops-remote.ts';
import { installGitOpsRoot } from '../support/gitops-root.ts';
import { openKubernetes } from '../support/kubernetes.ts';
import { recordingLog } from '../support/recording-log.ts';
import { describeApplicationDelivery } from './application-delivery.suite.ts';

describeApplicationDelivery('git', async (client) => {
  const { gitFolder, kubeconfig } = inject('cluster');
  const { url } = await makeChartRepository(gitFolder, 'delivery-git', ['charts/workload']);
  const remote = await createGitOpsRemote({ 'gitops/environments/README.md': '# Environments\n' });
  const direct = await openKubernetes(kubeconfig);
  const root = await installGitOpsRoot(direct, `root-${randomBytes(3).toString('hex')}`, `file://${remote.path}`);
  return {
    chartRepository: url,
    open: ({ installation }) =>
      createGitDelivery({
        repository: remote.open(),
        client,
        installation,
        argocdNamespace: ARGOCD_NAMESPACE,
        folder: 'gitops/environments',
        rootApplication: root.name,
        clock: createSystemClock(),
        log: recordingLog(),
      }),
    commits: async () => (await remote.log()).length,
    async dispose() {
      await root.remove();
      direct.close();
      await remote.dispose();
    },
  };
});
