import { inject } from 'vitest';
import { createGitDeliveryStage } from '../support/git-delivery-stage.ts';
import { describeApplicationDelivery } from './application-delivery.suite.ts';

describeApplicationDelivery('git', async (client) => {
  const access = inject('cluster');
  const git = await createGitDeliveryStage(access);
  await git.installRoot();
  return {
    chartRepository: git.chartRepository,
    open: ({ installation }) => git.open({ client, installation }),
    commits: async () => (await git.remote.log()).length,
    dispose: () => git.dispose(),
  };
});
