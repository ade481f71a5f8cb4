import autocannon from 'autocannon';
import { BOOTSTRAP_TOKEN } from '../test/support/product.ts';

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** The same load for everyone: so many connections, each asking again as soon as it has an answer. */
export async function load(url: string, seconds: number, connections = 32): Promise<LoadResult> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    headers: { authorization: `Bearer ${BOOTSTRAP_TOKEN}` },
  });
  return {
    requestsPerSecond: result.requests.average,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
  };
}
