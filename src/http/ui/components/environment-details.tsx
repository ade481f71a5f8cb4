import { shortSha } from '../../../core/branch.ts';
import { componentOf } from '../../../core/environment.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { EnvironmentView } from '../environment-view.ts';
import { safeHref } from '../safe-href.ts';
import { EmailAddress } from './email-address.tsx';
import { CsrfField } from './form.tsx';
import type { Children, Html } from './html.ts';
import { Icon } from './icon.tsx';
import type { Swap } from './swap.ts';
import { Ago, Left, Moment } from './time.tsx';

const SOURCES = {
  manual: 'Made by hand',
  api: 'Made through the API',
  pull_request: 'Made of a pull request',
} as const;

/** What it is made of, whose it is, and how long it lives. */
export function EnvironmentDetails({ view, swap }: { readonly view: EnvironmentView; readonly swap: Swap }): Html {
  const { environment, context } = view;
  const { metadata, spec, status } = environment;
  const component = componentOf(environment);
  const repositoryUrl = safeHref(component.repositoryUrl);
  const isOver = status.archivedAt !== null;
  return (
    <section class="card" id="env-details" aria-labelledby="env-details-title" {...swap}>
      <h2 class="card-title" id="env-details-title">
        Details
      </h2>
      <dl class="facts">
        <Fact name="Repository">
          {view.repositoryName !== null && <span>{plainText(view.repositoryName)}</span>}
          <span class="fine break">
            {repositoryUrl === undefined ? (
              component.repositoryUrl
            ) : (
              <a href={repositoryUrl} rel="noopener noreferrer" target="_blank">
                {component.repositoryUrl}
              </a>
            )}
          </span>
        </Fact>
        <Fact name="Branch">
          <span class="mono break">
            <Icon name="branch" />
            <bdi>{plainText(component.branch)}</bdi>
          </span>
        </Fact>
        <Fact name="Commit">
          <CommitFact view={view} />
        </Fact>
        {view.placement && (
          <Fact name="Namespace">
            <span class="mono break">{view.placement.namespace}</span>
            <span class="fine">in {plainText(view.placement.cluster)}</span>
          </Fact>
        )}
        <Fact name="Owner">
          <EmailAddress email={metadata.owner.email} />
        </Fact>
        <Fact name={isOver ? 'Ended' : 'Time left'}>
          {isOver ? (
            <Ago at={status.archivedAt} nowMs={context.nowMs} />
          ) : (
            <>
              <Left at={spec.expiresAt} nowMs={context.nowMs} />
              <span class="fine">
                until <Moment at={spec.expiresAt} />, renewed for {String(spec.ttlHours)} h
              </span>
            </>
          )}
        </Fact>
        <Fact name="Created">
          <Ago at={metadata.createdAt} nowMs={context.nowMs} />
          <span class="fine">{SOURCES[metadata.source.kind]}</span>
        </Fact>
        {spec.configSet && (
          <Fact name="Config set">
            <a href={`/config-sets/${spec.configSet.id}`}>{plainText(view.configSetName ?? 'removed')}</a>
            <span class="fine">revision {String(spec.configSet.revision)}</span>
          </Fact>
        )}
        {!isOver && (
          <Fact name="Follows its branch">
            <AutoUpdate view={view} />
          </Fact>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children?: Children }): Html {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** During an update the URL still answers with the commit before. */
function CommitFact({ view }: { readonly view: EnvironmentView }): Html {
  const { spec, status } = view.environment;
  const wanted = spec.components[0].commit;
  const serving = status.serving;
  if (wanted === null) return <span class="soft">not known yet</span>;
  return (
    <>
      <span class="mono">
        <Icon name="commit" />
        {shortSha(wanted)}
        <button
          class="button button-quiet button-icon button-small needs-script"
          type="button"
          data-copy={wanted}
          aria-label="Copy the full commit id"
          title="Copy the full commit id"
        >
          <Icon name="copy" />
        </button>
      </span>
      {serving !== null && serving.commit !== wanted && (
        <span class="fine">
          its URL still answers with <span class="mono">{shortSha(serving.commit)}</span>
        </span>
      )}
    </>
  );
}

function AutoUpdate({ view }: { readonly view: EnvironmentView }): Html {
  const { id, environment, context } = view;
  const on = environment.spec.autoUpdate;
  if (!view.mayChange) return <>{on ? 'Yes' : 'No'}</>;
  const action = `/environments/${id}/auto-update`;
  return (
    <form method="post" action={action} hx-post={action} hx-swap="none">
      <CsrfField token={context.csrfToken} />
      <input type="hidden" name="auto_update" value={on ? 'off' : 'on'} />
      <button
        class="switch"
        id="auto-update"
        type="submit"
        role="switch"
        aria-checked={on ? 'true' : 'false'}
        aria-label="Deploy each new commit of the branch"
      >
        <span class="switch-knob" />
      </button>
    </form>
  );
}
