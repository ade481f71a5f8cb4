import { utcText } from '../../../core/relative-time.ts';
import { TTL_HOURS_MAX, TTL_HOURS_MIN } from '../../../core/ttl.ts';
import type { FormState } from '../forms/form-state.ts';
import { Field } from './form.tsx';
import type { Html } from './html.ts';

const HOUR_MS = 3_600_000;
const PRESETS = [
  { hours: 4, label: '4 h' },
  { hours: 24, label: '1 day' },
  { hours: 72, label: '3 days' },
  { hours: 168, label: '7 days' },
] as const;

/** The shortest usual time that is longer than what is left by a quarter at least, for what is hardly longer is no help. */
export function longerTtl(expiresAt: string, nowMs: number): number {
  const hoursLeft = (Date.parse(expiresAt) - nowMs) / HOUR_MS;
  return PRESETS.find(({ hours }) => hours >= hoursLeft * 1.25)?.hours ?? TTL_HOURS_MAX;
}

/** Hours to live, with the end that they lead to shown as a date. */
export function TtlField({
  form,
  label,
  nowMs,
}: {
  readonly form: FormState;
  readonly label: string;
  readonly nowMs: number;
}): Html {
  const typed = form.typed['ttl_hours'] ?? '';
  return (
    <div x-data="ttlField" class="ttl">
      <Field
        form={form}
        name="ttl_hours"
        label={label}
        hint={
          <span x-ref="end" data-lead="Ends" hx-morph-skip="">
            {endText(typed, nowMs)}
          </span>
        }
        control={(control) => (
          <div class="input-row">
            <input
              class="input input-short numeric"
              type="number"
              min={TTL_HOURS_MIN}
              max={TTL_HOURS_MAX}
              step="1"
              value={typed}
              required
              x-ref="hours"
              x-on:input="update"
              {...control}
            />
            <span class="unit">hours</span>
            <span class="presets needs-script" role="group" aria-label="Usual times to live">
              {PRESETS.map((preset) => (
                <button
                  class="chip"
                  type="button"
                  data-hours={String(preset.hours)}
                  aria-pressed={typed === String(preset.hours) ? 'true' : 'false'}
                  x-on:click="take"
                >
                  {preset.label}
                </button>
              ))}
            </span>
          </div>
        )}
      />
    </div>
  );
}

function endText(typed: string, nowMs: number): string {
  const hours = Number(typed);
  const fits = Number.isInteger(hours) && hours >= TTL_HOURS_MIN && hours <= TTL_HOURS_MAX;
  if (!fits) return `A whole number from ${String(TTL_HOURS_MIN)} to ${String(TTL_HOURS_MAX)}.`;
  return `Ends ${utcText(new Date(nowMs + hours * HOUR_MS).toISOString())}, and is renewed by each new commit.`;
}
