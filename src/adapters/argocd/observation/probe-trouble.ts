import type { FailureReason } from '../../../core/diagnosis.ts';
import type { Event } from '../kubernetes/objects.ts';
import type { ContainerSpec, Pod } from '../kubernetes/pod-objects.ts';
import { because } from './plain-message.ts';

/** What the kubelet says of the last probe of a pod that failed; null where it says nothing. */
export function probeTrouble(
  { spec }: Pod,
  events: readonly Event[],
): { readonly reason: FailureReason; readonly cause: string } | null {
  const event = newestOf(events.filter(({ reason }) => reason === 'Unhealthy'));
  const message = event?.message;
  if (message === undefined) return null;
  const containers = spec?.containers ?? [];
  const named = /\{([^}]+)\}/.exec(event?.involvedObject.fieldPath ?? '')?.[1];
  const container = containers.find(({ name }) => name === named) ?? containers[0];
  const who = `Container ${container?.name ?? named ?? ''}`;
  const [, port] = /dial tcp \S*?:(\d+): (?:connect: )?connection refused/.exec(message) ?? [];
  if (port !== undefined)
    return { reason: 'PortNeverOpened', cause: `${who} runs, but nothing listens on its port ${port}` };
  const [, status] = /statuscode: (\d+)/i.exec(message) ?? [];
  if (status !== undefined)
    return { reason: 'HealthCheckFailed', cause: `${who} listens, but ${answersOf(container)} ${status}` };
  if (/context deadline exceeded|i\/o timeout|Client\.Timeout|timed out/i.test(message))
    return { reason: 'HealthCheckFailed', cause: `${who} does not answer its probe in time` };
  const said = message.replace(/^\w+ probe (?:failed|errored)[^:]*: /, '').replace(ADDRESS, '');
  return { reason: 'HealthCheckFailed', cause: `${who} does not pass its probe${because(said)}` };
}

/** Every pod has another one. */
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g;

function answersOf(container: ContainerSpec | undefined): string {
  const probe = container?.startupProbe ?? container?.readinessProbe ?? container?.livenessProbe;
  const path = probe?.httpGet?.path ?? '';
  return path === '' ? 'answers its probe with' : `${path} answers`;
}

export function newestOf(events: readonly Event[]): Event | null {
  return events.reduce<Event | null>(
    (newest, event) => (newest === null || timeOf(event) >= timeOf(newest) ? event : newest),
    null,
  );
}

/** When it was last told, in milliseconds. */
export function timeOf({ series, lastTimestamp, eventTime, firstTimestamp, metadata }: Event): number {
  return Date.parse(
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp,
  );
}
