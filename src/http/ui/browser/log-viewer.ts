import type { Magics } from '@alpinejs/csp';
import { createLogFeed, type LogLine } from './log-feed.ts';
import { plainText } from '../../../core/plain-text.ts';

/** More would make the page slow; the whole log is a link away. */
const LINES_MAX = 2_000;
const BOTTOM_TOLERANCE_PX = 24;

/** Follows a log: new lines are at the bottom, and stay in view until the reader scrolls up or pauses. */
export function logViewer() {
  let atBottom = true;
  let paused = false;
  let ended = false;
  let waiting: LogLine[] = [];
  let frame = 0;
  let state = '';

  return {
    init(this: Magics): void {
      const { lines } = this.$refs;
      const url = this.$el.dataset['url'];
      if (lines === undefined || url === undefined) return;
      const show = (): void => {
        frame = 0;
        if (paused) return;
        append(lines, waiting);
        waiting = [];
        if (atBottom) lines.scrollTop = lines.scrollHeight;
      };
      const say = (): void => {
        const { state: place, pause, empty } = this.$refs;
        if (place) place.textContent = paused ? `Paused, ${String(waiting.length)} new` : state;
        if (pause) pause.hidden = ended && !paused;
        if (empty && ended) empty.textContent = 'Nothing is kept of its log.';
      };
      createLogFeed(url, {
        line(line) {
          waiting.push(line);
          if (waiting.length > LINES_MAX) waiting.shift();
          if (paused) say();
          else if (frame === 0) frame = requestAnimationFrame(show);
        },
        state(next) {
          state = next;
          say();
        },
        ended() {
          ended = true;
          state = 'Ended';
          say();
        },
      });
      this.$el.addEventListener('log-resumed', () => {
        show();
        say();
      });
      this.$el.addEventListener('log-paused', say);
    },
    toggle(this: Magics): void {
      paused = !paused;
      const [pause, resume] = this.$refs['pause']?.querySelectorAll<HTMLElement>('span') ?? [];
      if (pause) pause.hidden = paused;
      if (resume) resume.hidden = !paused;
      if (!paused) atBottom = true;
      this.$refs['lines']?.dispatchEvent(new CustomEvent(paused ? 'log-paused' : 'log-resumed', { bubbles: true }));
    },
    scrolled(this: Magics): void {
      const { lines } = this.$refs;
      if (lines) atBottom = lines.scrollHeight - lines.scrollTop - lines.clientHeight < BOTTOM_TOLERANCE_PX;
    },
  };
}

function append(place: HTMLElement, lines: readonly LogLine[]): void {
  if (lines.length === 0) return;
  place.querySelector('.log-empty')?.remove();
  const fragment = document.createDocumentFragment();
  for (const line of lines) fragment.append(drawn(line));
  place.append(fragment);
  while (place.childElementCount > LINES_MAX) place.firstElementChild?.remove();
}

/** Only ever text: a line may hold anything that a program prints. */
function drawn({ at, stream, text }: LogLine): HTMLElement {
  const line = document.createElement('div');
  line.className = stream === 'stderr' ? 'log-line log-stderr' : 'log-line';
  const time = document.createElement('time');
  time.dateTime = at;
  time.textContent = new Date(at).toLocaleTimeString(undefined, { hour12: false });
  const words = document.createElement('span');
  words.textContent = plainText(text);
  line.append(time, words);
  return line;
}
