// The product with a point at which it is killed: CRASH_AT=PART.METHOD:before|after:N, at the Nth call of it. In
// CRASH_AT_FILE the point can be set while it runs. What it commits is taken down in COMMIT_JOURNAL. With SHORT_LEASE its
// successor has not to wait long for its Lease.
import type { Adapters } from '../../src/composition/adapters.ts';
import { runProduct } from '../../src/composition/run-product.ts';
import { journaled } from './commit-journal.ts';
import { createCrashPoints, parseCrashPoint, pointInFile } from './crash-point.ts';

const { CRASH_AT, CRASH_AT_FILE, COMMIT_JOURNAL, SHORT_LEASE } = process.env;
const fixed = CRASH_AT === undefined ? null : parseCrashPoint(CRASH_AT);
const points = createCrashPoints(CRASH_AT_FILE === undefined ? () => fixed : pointInFile(CRASH_AT_FILE));

await runProduct(process.env, {
  adapters(adapters) {
    const store = COMMIT_JOURNAL === undefined ? adapters.store : journaled(adapters.store, COMMIT_JOURNAL);
    const watched = Object.entries({ ...adapters, store }).map(([part, adapter]) => [
      part,
      typeof adapter === 'object' && adapter !== null ? points.watched(part, adapter as object) : adapter,
    ]);
    return Object.fromEntries(watched) as Adapters;
  },
  kubernetes: (client) => points.watched('kubernetes', client),
  gitOps: (repository) => points.watched('gitOps', repository),
  ...(SHORT_LEASE === undefined ? {} : { lease: { leaseSeconds: 5, renewDeadlineMs: 3_500, retryMs: 500 } }),
});
