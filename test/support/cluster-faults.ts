import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../testbed/cluster/start-cluster.ts';
import type { History } from './history.ts';
import type { Random } from './random.ts';
import type { Replica } from './replica.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** Something that goes wrong, and after a while no more. */
interface Fault {
  readonly name: string;
  begin(): void | Promise<void>;
  /** For so long at most it lasts; 0: it is over at once. */
  readonly longestMs: number;
  end?(): void | Promise<void>;
}

export interface FaultParts {
  readonly cluster: Pick<Cluster, 'components'>;
  /** Between Blueberry and the API server. */
  readonly network: TcpProxy;
  readonly blueberry: Replica;
  readonly history: History;
  readonly random: Random;
}

const CALM_MS = { shortest: 1_000, longest: 6_000 };
const SHORTEST_MS = 1_000;

/**
 * Has one thing after the other go wrong with the network, and beside it with the processes, by chance, until the signal
 * aborts, and mends each. Resolves with how often what went wrong.
 */
export async function injectFaults(parts: FaultParts, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const decks = [networkFaults(parts), processFaults(parts)];
  await Promise.all(decks.map((faults) => injectInTurn(faults, parts, counts, signal)));
  return counts;
}

async function injectInTurn(
  faults: readonly Fault[],
  { history, random }: FaultParts,
  counts: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  // Each comes up before any comes again: chance alone might leave one out.
  let deck: Fault[] = [];
  for (;;) {
    await pause(random.between(CALM_MS.shortest, CALM_MS.longest), signal);
    if (deck.length === 0) deck = random.shuffled(faults);
    const fault = deck.pop();
    if (signal.aborted || fault === undefined) return;
    counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
    history.add({ source: 'fault', what: `${fault.name} begins` });
    await fault.begin();
    if (fault.longestMs > 0) await pause(random.between(SHORTEST_MS, fault.longestMs), signal);
    await fault.end?.();
    history.add({ source: 'fault', what: `${fault.name} ends` });
  }
}

function networkFaults({ network }: FaultParts): readonly Fault[] {
  const pass = (): void => {
    network.acceptance = 'pass';
    network.delayMs = 0;
    network.cut();
  };
  return [
    { name: 'connections cut', begin: () => network.cut(), longestMs: 0 },
    { name: 'connections gone silent', begin: () => network.blackhole(), longestMs: 0 },
    {
      name: 'API server out of reach',
      begin() {
        network.acceptance = 'refuse';
        network.cut();
      },
      longestMs: 12_000,
      end: pass,
    },
    {
      name: 'API server that does not answer',
      begin() {
        network.acceptance = 'hang';
        network.blackhole();
      },
      longestMs: 12_000,
      end: pass,
    },
    {
      name: 'slow network',
      begin() {
        network.delayMs = 250;
      },
      longestMs: 10_000,
      end: pass,
    },
  ];
}

function processFaults({ cluster: { components }, blueberry }: FaultParts): readonly Fault[] {
  const controller = components['argocd-application-controller'];
  const repoServer = components['argocd-repo-server'];
  return [
    {
      name: 'Argo CD controller hangs',
      begin: () => controller.pause(),
      longestMs: 10_000,
      end: () => controller.resume(),
    },
    {
      name: 'Argo CD controller restarts',
      begin: () => controller.stop(),
      longestMs: 5_000,
      end: () => controller.start(),
    },
    {
      name: 'repo-server hangs',
      begin: () => repoServer.pause(),
      longestMs: 10_000,
      end: () => repoServer.resume(),
    },
    { name: 'repo-server restarts', begin: () => repoServer.stop(), longestMs: 5_000, end: () => repoServer.start() },
    {
      name: 'Blueberry killed',
      begin: () => blueberry.product.kill(),
      longestMs: 3_000,
      async end() {
        await blueberry.start();
      },
    },
  ];
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
