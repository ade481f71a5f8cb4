import htmx from 'htmx.org';
import { timeAgo, timeLeft } from '../../../core/relative-time.ts';

const TICK_MS = 10_000;

const skewMs = Number(document.body.dataset['now'] ?? Date.now()) - Date.now();

/** The server's time, so that a wrong clock here shows no wrong "time left". */
export function serverNow(): number {
  return Date.now() + skewMs;
}

/** A date and time in the user's own language and zone; the year only where it is another one. */
export function momentText(at: Date): string {
  return at.toLocaleString(undefined, {
    ...(at.getFullYear() === new Date(serverNow()).getFullYear() ? {} : { year: 'numeric' }),
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** Keeps relative times true, and shows dates as the user reads them. */
export function keepTimes(): void {
  // A time that was drawn here already is not drawn anew when its part of the page is replaced.
  htmx.registerExtension('steady-times', {
    htmx_before_morph_node: (_element: Element, { oldNode, newNode }: { oldNode: Node; newNode: Node }): boolean =>
      !(
        oldNode instanceof HTMLTimeElement &&
        newNode instanceof HTMLTimeElement &&
        oldNode.dateTime === newNode.dateTime &&
        oldNode.dataset['relative'] === newNode.dataset['relative']
      ),
  });
  htmx.onLoad(drawTimes);
  setInterval(drawTimes, TICK_MS);
  document.addEventListener('visibilitychange', drawTimes);
  drawTimes();
}

function drawTimes(): void {
  if (document.hidden) return;
  const now = serverNow();
  for (const element of document.querySelectorAll<HTMLTimeElement>('time[data-relative]')) {
    const text =
      element.dataset['relative'] === 'ago' ? timeAgo(element.dateTime, now) : timeLeft(element.dateTime, now);
    if (element.textContent !== text) element.textContent = text;
    element.title = momentText(new Date(element.dateTime));
  }
  for (const element of document.querySelectorAll<HTMLTimeElement>('time[data-moment]')) {
    const text = momentText(new Date(element.dateTime));
    if (element.textContent !== text) element.textContent = text;
  }
}
