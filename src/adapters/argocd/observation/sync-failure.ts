import type { FailureReason } from '../../../core/diagnosis.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import { because, plainMessage } from './plain-message.ts';

/** What Argo CD has failed at. */
export interface SyncFailure {
  readonly reason: FailureReason;
  /** As a sentence without its full stop; the same for the same failure, however often it is tried. */
  readonly cause: string;
}

interface Cause {
  readonly reason: FailureReason;
  readonly pattern: RegExp;
  /** As a sentence without its full stop. */
  readonly say: (told: Told) => string;
}

interface Told {
  /** What the pattern found, without the whole. */
  readonly groups: readonly string[];
  readonly plain: string;
  readonly application: Application;
}

/**
 * What Argo CD 3.6, Helm 4 and Kubernetes 1.37 say, and what that is; the first that fits counts. Patterns are tried on the
 * plain message.
 */
const CAUSES: readonly Cause[] = [
  {
    reason: 'QuotaExceeded',
    pattern: /exceeded quota: [^,]+, requested: (.+), used: (.+), limited: (.+)/i,
    say: ({ groups: [requested = '', used = '', limited = ''] }) =>
      `The quota of its namespace is exceeded: ${quotaFaults(requested, used, limited)}`,
  },
  {
    reason: 'PodSecurityRefused',
    pattern: /violates PodSecurity "([^":]+)[^"]*": (.+)/i,
    say: ({ groups: [level = '', what = ''] }) =>
      `Pod Security \`${level}\` refuses its pods: ${podSecurityFaults(what)}`,
  },
  {
    reason: 'ValuesRefused',
    pattern: /values don't meet the specifications of the schema\(s\) in the following chart\(s\): (.+)/i,
    say: ({ groups: [places = ''] }) => `The chart refuses the values: ${schemaFaults(places)}`,
  },
  {
    reason: 'ChartMissing',
    pattern: /app path does not exist|reading helm chart from .*Chart\.yaml|Chart\.yaml file is missing/i,
    say: ({ application }) => `There is no chart at \`${sourceOf(application).path}\` of ${sourceOf(application).at}`,
  },
  {
    reason: 'ChartMissing',
    pattern:
      /unable to resolve '[^']*' to a commit|couldn't find remote ref|unknown revision|not our ref|reference is not a tree/i,
    say: ({ application }) => `There is no ${sourceOf(application).at}`,
  },
  {
    reason: 'RuntimeFailed',
    pattern:
      /connection error: desc = "(?:transport|error reading)|repo-server|error reading from server|the server is shutting down/i,
    say: () => 'The repo-server of Argo CD does not answer',
  },
  {
    reason: 'RepositoryNotFound',
    pattern: /repository not found/i,
    say: ({ application }) => `Argo CD finds no repository at ${sourceOf(application).url}`,
  },
  {
    reason: 'SourceRefused',
    pattern: /authentication required|could not read Username|no credentials matched/i,
    say: ({ application }) => `Argo CD may not read ${sourceOf(application).url}: it has no credential for it`,
  },
  {
    reason: 'SourceRefused',
    pattern: /authentication failed|authorization failed|invalid credentials|unable to authenticate/i,
    say: ({ application }) => `Argo CD may not read ${sourceOf(application).url}: its credential is refused`,
  },
  {
    reason: 'SourceRefused',
    pattern: /permission denied|SSH agent|knownhosts|host key/i,
    say: ({ application, plain }) => `Argo CD may not read ${sourceOf(application).url}${because(plain)}`,
  },
  {
    reason: 'RepositoryUnreachable',
    pattern:
      /dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|TLS handshake|x509|unexpected client error|status code: 5\d\d|connection reset|EOF$/i,
    say: ({ application, plain }) => `Argo CD does not reach ${sourceOf(application).url}${because(plain)}`,
  },
  {
    reason: 'SharedResource',
    pattern: /(?:Shared resource found: )?(\w+)\/(\S+) is part of applications \S+ and (\S+)/i,
    say: ({ groups: [kind = '', name = '', other = ''] }) =>
      `${kind} ${name} is part of another Application already: ${other.replace(/^.*\//, '')}`,
  },
  {
    reason: 'ProjectMissing',
    pattern: /referencing project (\S+) which does not exist/i,
    say: ({ groups: [project = ''] }) => `There is no AppProject ${project}`,
  },
  {
    reason: 'NotPermitted',
    pattern: /resource [^\s:]*:(\S+) is not permitted in project/i,
    say: ({ groups: [kind = ''] }) => `The chart makes a ${kind}, which its AppProject does not allow`,
  },
  {
    reason: 'ProjectMissing',
    pattern: /application repo (\S+) is not permitted in project '([^']*)'/i,
    say: ({ groups: [url = '', project = ''] }) => `AppProject ${project} does not allow the repository ${url}`,
  },
  {
    reason: 'ProjectMissing',
    pattern:
      /application destination .* namespace '([^']*)' do not match any of the allowed destinations in project '([^']*)'/i,
    say: ({ groups: [namespace = '', project = ''] }) =>
      `AppProject ${project} does not allow the namespace ${namespace}`,
  },
  {
    reason: 'NotPermitted',
    pattern: /is not permitted in project/i,
    say: ({ plain }) => `Its AppProject does not allow what the chart asks for${because(plain)}`,
  },
  {
    reason: 'ClusterRefused',
    pattern: /error getting cluster by server|cluster "[^"]*" not found/i,
    say: ({ application }) =>
      `Argo CD knows no cluster ${application.spec.destination.server ?? application.spec.destination.name ?? ''}`,
  },
];

/**
 * What a message of Argo CD's tells of.
 * @param object `Deployment web`, where it is about one
 */
export function failureIn(message: string, application: Application, object?: string): SyncFailure {
  const plain = plainMessage(message);
  for (const { reason, pattern, say } of CAUSES) {
    const [found, ...groups] = pattern.exec(plain) ?? [];
    if (found !== undefined) return { reason, cause: say({ groups, plain, application }) };
  }
  if (/`helm template [^`]*` failed exit status/.test(message))
    return { reason: 'ChartBroken', cause: `The chart can't be rendered${because(renderFault(plain))}` };
  const refused = plain
    .replace(/^[\w.]+ "[^"]*" is invalid: /, '')
    .replace(/^failed to create typed patch object \([^)]*\): /, '');
  const what = object === undefined ? 'The sync failed' : `${object} can't be put in place`;
  return { reason: 'SyncFailed', cause: `${what}${because(refused) || ', and Argo CD does not say why'}` };
}

/** `limits.memory=1Gi,requests.cpu=1`, three times, as one list by resource. */
function quotaFaults(requested: string, used: string, limited: string): string {
  const [uses, limits] = [used, limited].map((list) => new Map(list.split(',').map(pairOf)));
  return requested
    .split(',')
    .map(pairOf)
    .map(
      ([name, amount]) =>
        `${name} (${amount} asked for, ${uses?.get(name) ?? '0'} of ${limits?.get(name) ?? '0'} used)`,
    )
    .join(', ');
}

function pairOf(text: string): [string, string] {
  const [name = '', amount = ''] = text.split('=');
  return [name, amount];
}

/** `seccompProfile (pod or container "web" must set …), …`: what has to be set is in brackets. */
function podSecurityFaults(what: string): string {
  const told = [...what.matchAll(/\(([^()]*)\)/g)].map(([, text = '']) => text);
  return told.length === 0 ? what : told.join('; ');
}

/** `workload: - at '/port': … - at '/replicas': …`, each chart with its places, which Helm names in any order. */
function schemaFaults(places: string): string {
  return places
    .replace(/'[^']*'(?:, '[^']*')+/g, (names) => names.split(', ').sort().join(', '))
    .split(/ - (?=at ')/)
    .filter((part) => part.startsWith("at '"))
    .sort()
    .map((part) =>
      part.trim().replace(/^at '([^']*)': /, (_, path: string) => (path === '' ? '' : `\`${dotted(path)}\` `)),
    )
    .join('; ');
}

/** A JSON pointer as values are written on the command line. */
function dotted(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}

/** What a template says by `fail` or `required` is meant to be read; of all else the place is needed too. */
function renderFault(plain: string): string {
  const [, place = '', told] = /execution error at \(([^)]*)\): (.+)/.exec(plain) ?? [];
  return told === undefined ? plain : `${told} (${place})`;
}

/** The source that holds the chart. */
function sourceOf({ spec }: Application): { readonly url: string; readonly path: string; readonly at: string } {
  const source = spec.sources?.find(({ helm }) => helm?.values !== undefined) ?? spec.sources?.[0] ?? spec.source;
  const url = source?.repoURL ?? '';
  return {
    url,
    path: source?.path ?? source?.chart ?? '.',
    at: `revision \`${source?.targetRevision ?? 'HEAD'}\` of ${url}`,
  };
}
