import { shortSha } from '../../../core/branch.ts';
import { componentOf } from '../../../core/environment.ts';
import { plainText } from '../../../core/plain-text.ts';
import type { CommitInfo } from '../../../ports/git-repositories.ts';
import type { EnvironmentView } from '../environment-view.ts';
import { formWith } from '../forms/form-state.ts';
import { FormDialog } from './dialog.tsx';
import type { Html } from './html.ts';
import { Ago } from './time.tsx';
import { longerTtl, TtlField } from './ttl-field.tsx';

/** The dialogs of an environment's page. They stand apart from what changes by itself, so nothing typed is lost. */
export function EnvironmentDialogs({ view }: { readonly view: EnvironmentView }): Html {
  const { id, environment, context } = view;
  const common = { csrfToken: context.csrfToken };
  return (
    <>
      <FormDialog
        {...common}
        id="redeploy-dialog"
        title="Redeploy"
        action={`/environments/${id}/redeploy`}
        submitLabel="Redeploy"
      >
        <p class="soft">What runs goes on serving until the new one is healthy.</p>
        <fieldset class="commits">
          <legend class="label">Which commit</legend>
          <label class="commit">
            <input type="radio" name="commit_sha" value="" checked />
            <span>
              The newest of <bdi class="mono">{plainText(componentOf(environment).branch)}</bdi>
            </span>
          </label>
          <div
            id="commits-problem"
            hx-get={`/environments/${id}/commits`}
            hx-trigger="opened from:#redeploy-dialog"
            hx-target="this"
            hx-swap="innerHTML"
          >
            <p class="fine needs-script">Asking the repository…</p>
          </div>
        </fieldset>
      </FormDialog>
      <FormDialog
        {...common}
        id="extend-dialog"
        title="Extend"
        action={`/environments/${id}/extend`}
        submitLabel="Extend"
      >
        <TtlField
          form={formWith({ ttl_hours: String(longerTtl(environment.spec.expiresAt, context.nowMs)) })}
          label="Time to live from now"
          nowMs={context.nowMs}
        />
      </FormDialog>
      <FormDialog
        {...common}
        id="delete-dialog"
        title={`Delete ${environment.metadata.name}?`}
        action={`/environments/${id}/delete`}
        submitLabel="Delete"
        danger
      >
        <div
          id="removal-problem"
          hx-get={`/environments/${id}/delete`}
          hx-trigger="opened from:#delete-dialog"
          hx-target="this"
          hx-swap="innerHTML"
        >
          <WhatWillGo environment={environment} resources={null} />
        </div>
      </FormDialog>
    </>
  );
}

export interface WhatWillGoProps extends Pick<EnvironmentView, 'environment'> {
  /** Null until it has been asked for. */
  readonly resources: EnvironmentView['resources'] | null;
}

/** Said before anything is deleted. */
export function WhatWillGo({ environment, resources }: WhatWillGoProps): Html {
  const running = resources === null || 'problem' in resources ? [] : resources;
  return (
    <div class="stack">
      <p>This cannot be taken back. What goes:</p>
      <ul class="bullets">
        <li>
          its URL <span class="mono break">{environment.status.urls[0] ?? ''}</span>
        </li>
        {resources === null && <li class="fine needs-script">Asking what runs…</li>}
        {running.map(({ kind, name }) => (
          <li>
            {plainText(kind)} <span class="mono break">{plainText(name)}</span>
          </li>
        ))}
        <li>everything that it wrote to its own disk</li>
      </ul>
      <p class="soft">
        Its timeline and a receipt of what was removed stay, and its log for a while. The name is free at once. The
        branch is not touched.
      </p>
    </div>
  );
}

export function CommitChoices({
  commits,
  nowMs,
}: {
  readonly commits: readonly CommitInfo[];
  readonly nowMs: number;
}): Html {
  return (
    <>
      {commits.map(({ commit, subject, author, committedAt }) => (
        <label class="commit">
          <input type="radio" name="commit_sha" value={commit} />
          <span class="commit-text">
            <bdi>{plainText(subject)}</bdi>
            <span class="fine">
              <span class="mono">{shortSha(commit)}</span> · {plainText(author)} ·{' '}
              <Ago at={committedAt} nowMs={nowMs} />
            </span>
          </span>
        </label>
      ))}
    </>
  );
}
