import { CsrfField } from './form.tsx';
import type { Children, Html } from './html.ts';
import { Icon } from './icon.tsx';

export interface FormDialogProps {
  readonly id: string;
  readonly title: string;
  /** Where its form is sent. */
  readonly action: string;
  readonly csrfToken: string;
  readonly submitLabel: string;
  readonly danger?: boolean;
  readonly children?: Children;
}

/** A form over the page. What goes wrong is told in it; when it went well it closes, and the page shows the rest. */
export function FormDialog({
  id,
  title,
  action,
  csrfToken,
  submitLabel,
  danger = false,
  children,
}: FormDialogProps): Html {
  return (
    <dialog class="dialog" id={id} aria-labelledby={`${id}-title`}>
      <form
        method="post"
        action={action}
        novalidate
        hx-post={action}
        hx-target={`#${id}-problem`}
        hx-swap="innerHTML"
        hx-disable="find .submit"
        data-closes-dialog=""
      >
        <CsrfField token={csrfToken} />
        <div class="dialog-head">
          <h2 id={`${id}-title`}>{title}</h2>
          <button
            class="button button-quiet button-icon"
            type="button"
            data-close-dialog=""
            command="close"
            commandfor={id}
            aria-label="Close"
          >
            <Icon name="close" />
          </button>
        </div>
        <div class="dialog-body">
          {children}
          <div id={`${id}-problem`} />
        </div>
        <div class="dialog-end">
          <button class="button" type="button" data-close-dialog="" command="close" commandfor={id}>
            Cancel
          </button>
          <button class={`button submit ${danger ? 'button-danger' : 'button-primary'}`} type="submit">
            {submitLabel}
          </button>
        </div>
      </form>
    </dialog>
  );
}
