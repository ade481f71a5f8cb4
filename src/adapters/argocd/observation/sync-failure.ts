import type { Diagnosis, FailureReason } from '../../../core/diagnosis.ts';
import { diagnose } from '../../../core/diagnosis.ts';

/** What Argo CD, Helm and the API server say, and what that is. The first that fits counts. */
const CAUSES: readonly (readonly [RegExp, FailureReason])[] = [
  [/exceeded quota/i, 'QuotaExceeded'],
  [/violates PodSecurity/i, 'PodSecurityRefused'],
  [/values don't meet the specifications of the schema|schema validation|additional properties/i, 'ValuesRefused'],
  [/authentication required|authorization failed|permission denied|could not read Username/i, 'SourceRefused'],
  [/app path does not exist|unable to resolve .* to a commit|couldn't find remote ref|unknown revision/i, 'ChartMissing'],
  [/is part of applications|SharedResource/i, 'SharedResource'],
  [/application references project .* which does not exist|project .* not found/i, 'ProjectMissing'],
  [/is not permitted in project|do not match any of the allowed/i, 'NotPermitted'],
  [/helm template|execution error at|parse error at|error converting YAML/i, 'ChartBroken'],
  [/hook|PreSync|PostSync|Job has reached the specified backoff limit|BackoffLimitExceeded/i, 'HookFailed'],
];

/** The failure that a message of Argo CD's tells of. */
export function diagnoseSync(message: string): Diagnosis {
  const reason = CAUSES.find(([pattern]) => pattern.test(message))?.[1] ?? 'SyncFailed';
  return diagnose(reason, shortened(message));
}

const NOISE = [
  /^Failed to load target state: /,
  /^failed to generate manifest for source \d+ of \d+: /,
  /rpc error: code = \w+ desc = /g,
  /Manifest generation error \(cached\): /g,
  /`helm template [^`]*` failed exit status \d+: /g,
  /^Error: /,
  /one or more (objects failed to apply|synchronization tasks (are not valid|completed unsuccessfully)), reason: /g,
  /\s*Use --debug flag to render out invalid YAML\s*/g,
  /\s*\(retried \d+ times\)\.?/g,
];

/** Argo CD wraps what Helm or the API server said several times; what is inside is what somebody can act on. */
export function shortened(message: string): string {
  const plain = NOISE.reduce((text, noise) => text.replace(noise, ''), message.replace(/\s+/g, ' ').trim());
  return plain === '' ? 'Argo CD does not say why' : plain;
}
