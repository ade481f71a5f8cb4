import type { Behaviour } from './behaviours.ts';
import type { Container } from './pod.ts';

/** What a kubelet says of the probe that this container never passes; undefined where it passes all that it has. */
export function probeFailure(container: Container, behaviour: Behaviour, podIp: string): string | undefined {
  const { startupProbe, readinessProbe } = container;
  const probe = startupProbe ?? readinessProbe;
  // Until the startup probe has passed, no other is made.
  const which = startupProbe === undefined ? 'Readiness' : 'Startup';
  switch (behaviour) {
    case 'never-ready':
      return `${which} probe failed: HTTP probe failed with statuscode: 503`;
    case 'unhealthy':
      return probe?.httpGet && `${which} probe failed: HTTP probe failed with statuscode: 500`;
    case 'not-listening': {
      if (probe === undefined) return undefined;
      const address = `${podIp}:${portOf(container, (probe.httpGet ?? probe.tcpSocket)?.port)}`;
      const asked = probe.httpGet === undefined ? '' : `Get "http://${address}${probe.httpGet.path ?? '/'}": `;
      return `${which} probe failed: ${asked}dial tcp ${address}: connect: connection refused`;
    }
    default:
      return undefined;
  }
}

/** For how long a container may run whose startup probe fails, in milliseconds; then it is ended and started again. */
export function startupMs({ startupProbe }: Container): number | undefined {
  if (startupProbe === undefined) return undefined;
  const { periodSeconds = 10, failureThreshold = 3 } = startupProbe;
  return periodSeconds * failureThreshold * 1000;
}

/** A port by its number, whatever name it has in the Pod. */
function portOf({ ports = [] }: Container, port: number | string | undefined): number | string {
  const named = ports.find(({ name }) => name !== undefined && name === port);
  return named?.containerPort ?? port ?? 8080;
}
