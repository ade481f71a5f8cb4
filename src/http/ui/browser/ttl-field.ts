import type { Magics } from '@alpinejs/csp';
import { TTL_HOURS_MAX, TTL_HOURS_MIN } from '../../../core/ttl.ts';
import { momentText, serverNow } from './times.ts';

/** Shows to which date a number of hours leads. */
export function ttlField() {
  return {
    init(this: Magics): void {
      describe(this);
    },
    update(this: Magics): void {
      describe(this);
    },
    take(this: Magics, event: Event): void {
      const { hours } = this.$refs;
      const preset = event.currentTarget instanceof HTMLElement ? event.currentTarget.dataset['hours'] : undefined;
      if (!(hours instanceof HTMLInputElement) || preset === undefined) return;
      hours.value = preset;
      describe(this);
    },
  };
}

function describe({ $refs, $el }: Magics): void {
  const { hours, end } = $refs;
  if (!(hours instanceof HTMLInputElement) || end === undefined) return;
  const count = hours.valueAsNumber;
  const fits = Number.isInteger(count) && count >= TTL_HOURS_MIN && count <= TTL_HOURS_MAX;
  end.textContent = fits
    ? `Ends ${momentText(new Date(serverNow() + count * 3_600_000))}, and is renewed by each new commit.`
    : `A whole number from ${String(TTL_HOURS_MIN)} to ${String(TTL_HOURS_MAX)}.`;
  const root = $el.closest('.ttl') ?? $el;
  for (const chip of root.querySelectorAll<HTMLElement>('[data-hours]')) {
    chip.setAttribute('aria-pressed', String(chip.dataset['hours'] === hours.value));
  }
}
