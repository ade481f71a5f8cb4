import { isLiving, stateOf, tabIconOf } from '../environment-state.ts';
import type { EnvironmentView } from '../environment-view.ts';
import { safeHref } from '../safe-href.ts';
import { CsrfField } from './form.tsx';
import type { Html } from './html.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon-shapes.tsx';
import { Sentence } from './sentence.tsx';
import { StatusBadge } from './status-badge.tsx';
import type { Swap } from './swap.ts';

/** Name, status, the one sentence, the URL, and what can be done. */
export function EnvironmentHead({ view, swap }: { readonly view: EnvironmentView; readonly swap: Swap }): Html {
  const { environment } = view;
  const { metadata, status } = environment;
  const url = isLiving(environment) ? safeHref(status.urls[0]) : undefined;
  const state = stateOf(environment);
  return (
    <header
      class="env-head"
      id="env-head"
      data-page-title={titleOf(metadata.name, state)}
      data-tab-icon={tabIconOf(environment)}
      {...swap}
    >
      <nav aria-label="Breadcrumb">
        <a class="crumb" href="/">
          <Icon name="chevron" class="icon-back" />
          Environments
        </a>
      </nav>
      <div class="env-title">
        <h1>{metadata.name}</h1>
        <StatusBadge state={state} />
      </div>
      <Message failed={state === 'failed'} message={status.message} />
      {url !== undefined && (
        <div class="url-bar">
          <a class="url" href={url} target="_blank" rel="noopener">
            <span class="clip">{url}</span>
            <Icon name="external" />
            <span class="visually-hidden">(opens in a new tab)</span>
          </a>
          <button
            class="button button-quiet button-icon needs-script"
            type="button"
            data-copy={url}
            aria-label="Copy the URL"
            title="Copy the URL"
          >
            <Icon name="copy" />
          </button>
        </div>
      )}
      {view.mayChange && <Actions view={view} />}
    </header>
  );
}

function Message({ failed, message }: { readonly failed: boolean; readonly message: string }): Html {
  return (
    <div class={failed ? 'env-message callout callout-danger' : 'env-message'} id="env-message" role="status">
      {failed && <Icon name="failed" />}
      <div>
        <Sentence text={message} />
      </div>
    </div>
  );
}

export function titleOf(name: string, state: string): string {
  return `${name}: ${state}`;
}

function Actions({ view: { id, environment, context } }: { readonly view: EnvironmentView }): Html {
  const action = environment.spec.asleep ? 'wake' : 'sleep';
  return (
    <div class="env-actions" id="env-actions">
      <DialogButton dialog="redeploy-dialog" icon="redeploy" label="Redeploy" />
      <DialogButton dialog="extend-dialog" icon="clock" label="Extend" />
      {(action === 'wake' || environment.status.canSleep) && (
        <form
          method="post"
          action={`/environments/${id}/${action}`}
          hx-post={`/environments/${id}/${action}`}
          hx-swap="none"
          hx-disable="find button"
        >
          <CsrfField token={context.csrfToken} />
          <button class="button" id="sleep-button" type="submit">
            <Icon name={action === 'wake' ? 'wake' : 'asleep'} />
            {action === 'wake' ? 'Wake' : 'Sleep'}
          </button>
        </form>
      )}
      <a
        class="button button-danger-quiet"
        id="delete-button"
        href={`/environments/${id}/delete`}
        data-dialog="delete-dialog"
      >
        <Icon name="deleting" />
        Delete
      </a>
    </div>
  );
}

interface DialogButtonProps {
  readonly dialog: string;
  readonly icon: IconName;
  readonly label: string;
}

function DialogButton({ dialog, icon, label }: DialogButtonProps): Html {
  return (
    <button
      class="button"
      id={`${dialog}-button`}
      type="button"
      data-dialog={dialog}
      command="show-modal"
      commandfor={dialog}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
}
