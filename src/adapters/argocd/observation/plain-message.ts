const MAX_LENGTH = 400;

/** What Argo CD, its repo-server, gRPC and Helm wrap around what was said. */
const WRAPPINGS: readonly RegExp[] = [
  /^Failed last sync attempt to \[[^\]]*\]: /,
  /Failed to load target state: /,
  /Failed to compare desired state to live state: failed to calculate diff: /,
  /error calculating server side diff: serverSideDiff error: error running server side apply in dryrun mode for resource \S+: /,
  /failed to generate manifest for source \d+ of \d+: /g,
  /rpc error: code = \w+ desc = /g,
  /Manifest generation error \(cached\): /g,
  /failed to list refs: /g,
  /failed to execute helm template command: /g,
  /failed running helm: /g,
  /`helm [^`]*` failed exit status \d+: (?:Error: )?/g,
  /one or more (?:objects failed to apply|synchronization tasks (?:are not valid|completed unsuccessfully))(?:, reason: |: )?/g,
  /Use --debug flag to render out invalid YAML/g,
  /\(combined from similar events\): /g,
  // Counts and times would make another message of each attempt.
  /\s*\(retried \d+ times\)\.?/g,
  /\.?\s*Retrying attempt #\d+ at \S+?\.?$/g,
];

/** One line without wrappings, and without a full stop; empty where nothing is left. */
export function plainMessage(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim();
  return WRAPPINGS.reduce((text, wrapping) => text.replace(wrapping, ''), line)
    .trim()
    .replace(/[.\s]+$/, '');
}

/** `: TEXT`, shortened, or nothing. */
export function because(text: string | undefined): string {
  const plain = plainMessage(text ?? '');
  if (plain === '') return '';
  return `: ${plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH - 1)}…` : plain}`;
}
