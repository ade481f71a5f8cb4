import { plainText } from '../../../core/plain-text.ts';
import type { ValueLayer } from '../../../core/values.ts';
import type { HealthStatus } from '../../../core/environment.ts';
import type { EnvironmentView } from '../environment-view.ts';
import { EnvironmentDetails } from './environment-details.tsx';
import { EnvironmentHead } from './environment-head.tsx';
import type { Html } from './html.ts';
import { Icon } from './icon.tsx';
import type { IconName } from './icon-shapes.tsx';
import { Sentence } from './sentence.tsx';
import { OUT_OF_BAND, type Swap } from './swap.ts';
import { Ago, Moment } from './time.tsx';
import { valueLeaves } from './value-leaves.ts';

interface PartProps {
  readonly view: EnvironmentView;
  readonly swap: Swap;
}

/** All parts of the page that change by themselves: each takes the place of the one before. */
export function EnvironmentParts({ view }: { readonly view: EnvironmentView }): Html {
  return (
    <>
      <EnvironmentHead view={view} swap={OUT_OF_BAND} />
      <EnvironmentReceipt view={view} swap={OUT_OF_BAND} />
      <EnvironmentTimeline view={view} swap={OUT_OF_BAND} />
      <EnvironmentDetails view={view} swap={OUT_OF_BAND} />
      <EnvironmentResources view={view} swap={OUT_OF_BAND} />
      <EnvironmentValues view={view} swap={OUT_OF_BAND} />
    </>
  );
}

export function EnvironmentTimeline({ view, swap }: PartProps): Html {
  const { id, timeline, hasOlderEvents, wholeTimeline, context } = view;
  return (
    <section class="card" id="env-timeline" aria-labelledby="env-timeline-title" {...swap}>
      <h2 class="card-title" id="env-timeline-title">
        Timeline
      </h2>
      <ol class="timeline">
        {timeline.map((event) => (
          <li class={`event event-${event.record.type}`} id={event.id}>
            <div class="event-text">
              <p>
                <Sentence text={event.record.message} />
              </p>
              <p class="fine">
                {event.record.actor} · <Ago at={event.record.at} nowMs={context.nowMs} />
              </p>
            </div>
          </li>
        ))}
      </ol>
      {hasOlderEvents && !wholeTimeline && (
        <p class="card-foot">
          <a href={`/environments/${id}?timeline=all#env-timeline`}>Show everything</a>
        </p>
      )}
    </section>
  );
}

const HEALTH_ICONS: Record<HealthStatus, IconName> = {
  Healthy: 'ready',
  Progressing: 'pending',
  Degraded: 'failed',
  Suspended: 'asleep',
  Missing: 'terminated',
  Unknown: 'terminated',
};

const HEALTH_STATES: Record<HealthStatus, string> = {
  Healthy: 'ready',
  Progressing: 'pending',
  Degraded: 'failed',
  Suspended: 'asleep',
  Missing: 'terminated',
  Unknown: 'terminated',
};

export function EnvironmentResources({ view: { resources }, swap }: PartProps): Html {
  return (
    <section class="card" id="env-resources" aria-labelledby="env-resources-title" {...swap}>
      <h2 class="card-title" id="env-resources-title">
        Resources
      </h2>
      {'problem' in resources ? (
        <p class="card-note">
          <Sentence text={resources.problem} />
        </p>
      ) : resources.length === 0 ? (
        <p class="card-note">Nothing runs.</p>
      ) : (
        <ul class="resources">
          {resources.map(({ kind, name, health, message }) => (
            <li class="resource">
              <span class={`health health-${HEALTH_STATES[health]}`}>
                <Icon name={HEALTH_ICONS[health]} />
                {health}
              </span>
              <div>
                <p>
                  {plainText(kind)} <span class="mono break">{plainText(name)}</span>
                </p>
                {message !== null && (
                  <p class="fine">
                    <Sentence text={message} />
                  </p>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const LAYER_NAMES: Record<ValueLayer, string> = {
  chart: 'chart',
  repository_file: 'blueberry.yaml',
  repository: 'repository',
  config_set: 'config set',
  override: 'this environment',
  blueberry: 'Blueberry',
};

export function EnvironmentValues({ view: { values }, swap }: PartProps): Html {
  const leaves = values === null ? [] : valueLeaves(values);
  return (
    <section class="card" id="env-values" aria-labelledby="env-values-title" {...swap}>
      <h2 class="card-title" id="env-values-title">
        Effective values
      </h2>
      {leaves.length === 0 ? (
        <p class="card-note">{values === null ? 'There when the first commit is deployed.' : 'No values are set.'}</p>
      ) : (
        <dl class="values">
          {leaves.map(({ path, text, layer }) => (
            <div class="value">
              <dt class="mono break">{plainText(path.join('.'))}</dt>
              <dd>
                <span class="mono break">{plainText(text)}</span>
                <span class="fine">from {LAYER_NAMES[layer]}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

/** After the end: what was removed, each seen gone. */
export function EnvironmentReceipt({ view: { receipt }, swap }: PartProps): Html {
  if (receipt === null) return <div id="env-receipt" {...swap} />;
  return (
    <div id="env-receipt" {...swap}>
      <section class="card" aria-labelledby="env-receipt-title">
        <h2 class="card-title" id="env-receipt-title">
          Receipt
        </h2>
        <p class="card-note">
          Asked for <Moment at={receipt.requestedAt} />, complete <Moment at={receipt.completedAt} />. Everything was
          looked for again and seen gone:
        </p>
        <ul class="resources">
          {receipt.removed.map(({ kind, name, verifiedGoneAt }) => (
            <li class="resource">
              <span class="health health-ready">
                <Icon name="check" />
                Gone
              </span>
              <div>
                <p>
                  {plainText(kind)} <span class="mono break">{plainText(name)}</span>
                </p>
                <p class="fine">
                  <Moment at={verifiedGoneAt} />
                </p>
              </div>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
