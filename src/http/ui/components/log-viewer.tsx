import type { Html } from './html.ts';
import { Icon } from './icon.tsx';

export interface LogViewerProps {
  readonly id: string;
  /** Then nothing comes any more that could be paused. */
  readonly isOver: boolean;
}

/** Follows the log; the browser fills it in. Without a script there is the log as text. */
export function LogViewer({ id, isOver }: LogViewerProps): Html {
  return (
    <section
      class="card log"
      aria-labelledby="env-log-title"
      x-data="logViewer"
      data-url={`/api/environments/${id}/logs`}
    >
      <div class="card-bar">
        <h2 class="card-title" id="env-log-title">
          Log
        </h2>
        <span class="fine log-state needs-script" x-ref="state" role="status" />
        <button
          class="button button-quiet button-small needs-script"
          id="log-pause"
          type="button"
          x-on:click="toggle"
          x-ref="pause"
          hidden={isOver}
        >
          <span>
            <Icon name="pause" />
            Pause
          </span>
          <span hidden>
            <Icon name="play" />
            Resume
          </span>
        </button>
        <a class="button button-quiet button-small" href={`/environments/${id}/log`} target="_blank" rel="noopener">
          <Icon name="external" />
          As text
        </a>
      </div>
      <div
        class="log-lines"
        id="log-lines"
        role="region"
        aria-label="Lines of the log"
        tabindex={0}
        x-ref="lines"
        x-on:scroll="scrolled"
      >
        <p class="log-empty">
          <span class="needs-script" x-ref="empty">
            {isOver
              ? 'Looking for what is kept of it.'
              : 'No line yet. What the build and the application print appears here.'}
          </span>
          <noscript>Following the log needs JavaScript; “As text” shows what is there.</noscript>
        </p>
      </div>
    </section>
  );
}
