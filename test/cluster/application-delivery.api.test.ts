import { inject } from 'vitest';
import { createApiDelivery } from '../../src/adapters/argocd/delivery/api-delivery.ts';
import { makeChartRepository } from '../support/chart-repository.ts';
import { ARGOCD_NAMESPACE } from '../support/delivery-stage.ts';
import { describeApplicationDelivery } from './application-delivery.suite.ts';

describeApplicationDelivery('api', async (client) => {
  const { url } = await makeChartRepository(inject('cluster').gitFolder, 'delivery-api', ['charts/workload']);
  return {
    chartRepository: url,
    open: () => createApiDelivery({ client, argocdNamespace: ARGOCD_NAMESPACE }),
    commits: () => Promise.resolve(0),
    dispose: () => Promise.resolve(),
  };
});
