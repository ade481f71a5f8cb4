import { createLeaseElection } from '../../src/adapters/argocd/kubernetes/lease-election.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { openKubernetes } from './kubernetes.ts';
import { recordingLog } from './recording-log.ts';

// A process that campaigns for a Lease (kubeconfig, namespace, name, timing), says so when it leads, and stays; also
// says so when it leads no more.
const [kubeconfig = '', namespace = '', name = '', timing = ''] = process.argv.slice(2);
const election = createLeaseElection({
  client: await openKubernetes(kubeconfig),
  namespace,
  name,
  holder: `process-${String(process.pid)}`,
  clock: createSystemClock(),
  log: recordingLog(),
  timing: JSON.parse(timing) as { leaseSeconds: number; renewDeadlineMs: number; retryMs: number },
});
const leadership = await election.campaign(new AbortController().signal);
process.stdout.write('leading\n');
leadership.signal.addEventListener('abort', () => process.stdout.write('lost\n'));
setInterval(() => undefined, 60_000);
