import { type Role, roleOf } from './contract-application.ts';
import type { Container, Pod } from './pod.ts';

/** What a container can be told to do; README.md has the table. */
const behaviours = [
  'image-missing',
  'pull-forbidden',
  'crash-loop',
  'out-of-memory',
  'missing-command',
  'never-ready',
  'not-listening',
  'unhealthy',
  'slow-start',
  'job-fails',
  'job-hangs',
  'job-completes',
  'serves',
] as const;
export type Behaviour = (typeof behaviours)[number];

const prefix = 'testbed.blueberry';

/** What may be said on a Pod to change how it behaves. */
export const annotations = {
  behaviour: `${prefix}/behaviour`,
  /** Seconds that `slow-start` takes until it is ready, a Job until it ends, a crash loop until it crashes. */
  delaySeconds: `${prefix}/delay-seconds`,
  exitCode: `${prefix}/exit-code`,
  /** Last line that the container logs before it ends. */
  lastLine: `${prefix}/last-line`,
};

/** How the applications of the contract suite behave. */
const ofRoles: Record<Role['kind'], Behaviour> = {
  serving: 'serves',
  crashing: 'crash-loop',
  'missing-command': 'missing-command',
  'not-listening': 'not-listening',
  unhealthy: 'unhealthy',
};

/**
 * The behaviour of one container: the one that its image names in repository or tag, else, for the first container, the
 * one that the annotation names, else what its Pod is for: to serve, or to end.
 */
export function behaviourOf(pod: Pod, container: Container): Behaviour {
  const role = roleOf(container.image);
  if (role !== undefined) return ofRoles[role.kind];
  const named = container.image.replace(/^[^/]*[.:][^/]*\//, '').replace(/@.*$/, '');
  const byImage = behaviours.find((behaviour) => behaviour !== 'serves' && named.includes(behaviour));
  if (byImage !== undefined) return byImage;
  const wanted = pod.metadata.annotations?.[annotations.behaviour];
  const told = behaviours.find((behaviour) => behaviour === wanted);
  if (told !== undefined && pod.spec.containers[0]?.name === container.name) return told;
  const isInit = pod.spec.initContainers?.includes(container) === true;
  if (isInit) return container.restartPolicy === 'Always' ? 'serves' : 'job-completes';
  return (pod.spec.restartPolicy ?? 'Always') === 'Always' ? 'serves' : 'job-completes';
}

/** What the annotations of a Pod say in numbers and text, with what holds for the container where they say nothing. */
export function settingsOf(pod: Pod, container: Container): { delayMs?: number; exitCode: number; lastLine?: string } {
  const {
    [annotations.delaySeconds]: delay,
    [annotations.exitCode]: code,
    [annotations.lastLine]: lastLine,
  } = pod.metadata.annotations ?? {};
  const role = roleOf(container.image);
  const usual = role === undefined ? { exitCode: 1 } : { exitCode: 3, lastLine: `Broken by ${role.mark}` };
  return {
    ...usual,
    ...(delay === undefined ? {} : { delayMs: Number(delay) * 1000 }),
    ...(code === undefined ? {} : { exitCode: Number(code) }),
    ...(lastLine === undefined ? {} : { lastLine }),
  };
}

/** Everything about a Pod that decides how it is acted out; where it changes, the act begins anew. */
export function script(pod: Pod): string {
  const told = Object.values(annotations).map((name) => pod.metadata.annotations?.[name] ?? '');
  const images = pod.spec.containers.map(({ image }) => image);
  return JSON.stringify([told, images]);
}
