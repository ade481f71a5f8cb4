import { EnvironmentDetails } from '../components/environment-details.tsx';
import { EnvironmentDialogs, WhatWillGo } from '../components/environment-dialogs.tsx';
import { EnvironmentHead, titleOf } from '../components/environment-head.tsx';
import {
  EnvironmentReceipt,
  EnvironmentResources,
  EnvironmentTimeline,
  EnvironmentValues,
} from '../components/environment-parts.tsx';
import { CsrfField } from '../components/form.tsx';
import type { Html } from '../components/html.ts';
import { Layout } from '../components/layout.tsx';
import { LogViewer } from '../components/log-viewer.tsx';
import { PageHead } from '../components/page-head.tsx';
import { IN_PLACE } from '../components/swap.ts';
import { stateOf, tabIconOf } from '../environment-state.ts';
import type { EnvironmentView } from '../environment-view.ts';

export function EnvironmentPage({ view }: { readonly view: EnvironmentView }): Html {
  const { context, id, environment, wholeTimeline } = view;
  return (
    <Layout
      context={context}
      title={titleOf(environment.metadata.name, stateOf(environment))}
      section="environments"
      tabIcon={tabIconOf(environment)}
    >
      <div
        id="live-environment"
        data-live="environment"
        data-live-id={id}
        data-live-url={`/environments/${id}${wholeTimeline ? '?timeline=all' : ''}`}
        hidden
      />
      <EnvironmentHead view={view} swap={IN_PLACE} />
      <div class="env-columns">
        <div class="env-main">
          <EnvironmentReceipt view={view} swap={IN_PLACE} />
          <LogViewer id={id} isOver={environment.status.archivedAt !== null} />
          <EnvironmentTimeline view={view} swap={IN_PLACE} />
        </div>
        <div class="env-side">
          <EnvironmentDetails view={view} swap={IN_PLACE} />
          <EnvironmentResources view={view} swap={IN_PLACE} />
          <EnvironmentValues view={view} swap={IN_PLACE} />
        </div>
      </div>
      {view.mayChange && <EnvironmentDialogs view={view} />}
    </Layout>
  );
}

/** Asks before deleting, where no script can ask on the page itself. */
export function DeleteEnvironmentPage({ view }: { readonly view: EnvironmentView }): Html {
  const { context, id, environment } = view;
  const { name } = environment.metadata;
  return (
    <Layout context={context} title={`Delete ${name}`} section="environments">
      <PageHead title={`Delete ${name}?`} parent={{ href: `/environments/${id}`, label: name }} />
      <form class="card form" method="post" action={`/environments/${id}/delete`}>
        <CsrfField token={context.csrfToken} />
        <WhatWillGo environment={environment} resources={view.resources} />
        <div class="form-end">
          <button class="button button-danger" type="submit">
            Delete
          </button>
          <a class="button button-quiet" href={`/environments/${id}`}>
            Cancel
          </a>
        </div>
      </form>
    </Layout>
  );
}
