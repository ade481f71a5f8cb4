import { Failure } from '../core/errors.ts';
import { utcText } from '../core/relative-time.ts';
import { isNoHttp } from './forward-request.ts';
import type { PreviewTarget } from './preview-target.ts';
import type { Notice } from './replies.ts';

const RETRY_SOON_SECONDS = 2;

/** What is said of a name that leads to nothing that serves. */
export function noticeOf(target: Exclude<PreviewTarget, { kind: 'serving' }>, consoleUrl: string): Notice {
  const { name } = target;
  const overview = { href: `${consoleUrl}/`, label: 'All environments' };
  if (target.kind === 'unknown') {
    return {
      failure: new Failure('not_found', unknownMessage(name)),
      page: { tone: 'gone', name, heading: 'Nothing here', live: false, links: [overview] },
    };
  }
  const { metadata, status } = target.environment;
  const details = { href: `${consoleUrl}/environments/${metadata.id}`, label: 'Open in Blueberry' };
  switch (target.kind) {
    case 'gone': {
      const endedAt = status.archivedAt;
      const how = endedAt === null ? 'is being removed' : `was removed at ${utcText(endedAt)}`;
      return {
        failure: new Failure('not_found', `The environment ${name} ${how}. Create a new one to see its branch again.`),
        page: {
          tone: 'gone',
          name,
          heading: endedAt === null ? 'Being removed' : 'Gone',
          live: false,
          links: [details, overview],
        },
      };
    }
    case 'failed':
      return {
        failure: new Failure('bad_upstream', status.message),
        page: { tone: 'failed', name, heading: 'Failed', live: true, links: [details] },
      };
    case 'asleep':
    case 'waking':
    case 'waiting':
      return {
        failure: new Failure('unavailable', status.message, { retryAfterSeconds: RETRY_SOON_SECONDS }),
        page: {
          tone: 'waiting',
          name,
          heading: target.kind === 'waiting' ? 'Getting ready' : 'Waking up',
          live: true,
          links: [details],
        },
      };
  }
}

function unknownMessage(name: string): string {
  return name.includes('--')
    ? `Names with two hyphens are kept for the services of an environment, and ${name} leads to none. Open the environment itself.`
    : `There is no environment named ${name}. It may have been deleted, or its time to live may be over.`;
}

/** What is said of trouble on the way, which may be over at the next attempt. */
export function troubleNotice(name: string, failure: Failure): Notice {
  const heading = failure.kind === 'malformed' ? 'Not understood' : 'No answer';
  return { failure, page: { tone: 'failed', name, heading, live: failure.kind !== 'malformed', links: [] } };
}

/** What went wrong between the gateway and an application that is there by all accounts. */
export function failureOf(name: string, error: unknown): Failure {
  if (error instanceof Failure && error.kind !== 'unavailable') return error;
  if (error instanceof Failure) {
    return new Failure('bad_upstream', `${name} does not accept connections at the moment. Try again in a moment.`);
  }
  return isNoHttp(error)
    ? new Failure('bad_upstream', `${name} answered with something that is not valid HTTP. Read its log.`)
    : new Failure('bad_upstream', `${name} ended the connection without an answer. Read its log, then try again.`);
}
