import { shortSha } from '../../../core/branch.ts';
import { componentOf, type Environment } from '../../../core/environment.ts';
import { plainText } from '../../../core/plain-text.ts';
import { isLiving, stateOf } from '../environment-state.ts';
import { safeHref } from '../safe-href.ts';
import { EmailAddress } from './email-address.tsx';
import type { Html } from './html.ts';
import { Icon } from './icon.tsx';
import { Sentence } from './sentence.tsx';
import { StatusBadge } from './status-badge.tsx';
import { Ago, Left } from './time.tsx';

export interface EnvironmentRowProps {
  readonly environment: Environment;
  readonly repositoryName: string | null;
  readonly nowMs: number;
}

/** One environment in the list. The whole row leads to its page; its own URL is a link of its own above that. */
export function EnvironmentRow({ environment, repositoryName, nowMs }: EnvironmentRowProps): Html {
  const { metadata, spec, status } = environment;
  const { branch, commit } = componentOf(environment);
  const url = isLiving(environment) ? safeHref(status.urls[0]) : undefined;
  return (
    <li class="row" id={`row-${metadata.id}`}>
      <div class="row-status">
        <StatusBadge state={stateOf(environment)} />
      </div>
      <div class="row-main">
        <a class="row-link" href={`/environments/${metadata.id}`}>
          {metadata.name}
        </a>
        <p class="row-message">
          <Sentence text={status.message} />
        </p>
      </div>
      <div class="row-source">
        <span class="mono clip">
          <Icon name="branch" />
          <bdi>{plainText(branch)}</bdi>
          {commit !== null && <span class="sha">@{shortSha(commit)}</span>}
        </span>
        <span class="clip soft">{repositoryName === null ? 'repository removed' : plainText(repositoryName)}</span>
      </div>
      <div class="row-owner break soft">
        <EmailAddress email={metadata.owner.email} />
      </div>
      <div class="row-time">
        {status.archivedAt !== null ? (
          <>
            <span class="visually-hidden">Ended </span>
            <Ago at={status.archivedAt} nowMs={nowMs} />
          </>
        ) : (
          <>
            <span class="visually-hidden">Time left: </span>
            <Left at={spec.expiresAt} nowMs={nowMs} />
          </>
        )}
      </div>
      <div class="row-open">
        {url !== undefined && (
          <a
            class="button button-quiet button-icon"
            href={url}
            target="_blank"
            rel="noopener"
            aria-label={`Open ${metadata.name} in a new tab`}
            title={url}
          >
            <Icon name="external" />
          </a>
        )}
      </div>
    </li>
  );
}
