import type { Html } from './html.ts';
import { Icon } from './icon.tsx';

/** Follows the log; the browser fills it in. Without a script there is the log as text. */
export function LogViewer({ id }: { readonly id: string }): Html {
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
        <a
          class="button button-quiet button-small"
          href={`/environments/${id}/log`}
          target="_blank"
          rel="noopener"
          x-ref="text"
        >
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
          <span class="needs-script">No line yet. What the build and the application print appears here.</span>
          <noscript>Following the log needs JavaScript; “As text” shows what is there.</noscript>
        </p>
      </div>
    </section>
  );
}

/** In its place when the environment is over. */
export function RemovedLog(): Html {
  return (
    <section class="card" aria-labelledby="env-log-title">
      <h2 class="card-title" id="env-log-title">
        Log
      </h2>
      <p class="card-note">Its log was removed with it.</p>
    </section>
  );
}
