import { timeAgo, timeLeft, utcText } from '../../../core/relative-time.ts';
import type { Html } from './html.ts';

interface TimeProps {
  /** RFC 3339. */
  readonly at: string;
  readonly nowMs: number;
}

/** "4 min ago", kept true by the browser; the full time in its own zone on hovering. */
export function Ago({ at, nowMs }: TimeProps): Html {
  return (
    <time datetime={at} title={utcText(at)} data-relative="ago">
      {timeAgo(at, nowMs)}
    </time>
  );
}

/** "2 d 4 h", kept true by the browser. */
export function Left({ at, nowMs }: TimeProps): Html {
  return (
    <time datetime={at} title={utcText(at)} data-relative="left">
      {timeLeft(at, nowMs)}
    </time>
  );
}

/** A date and time; the browser shows it in its own zone and language. */
export function Moment({ at }: { readonly at: string }): Html {
  return (
    <time datetime={at} data-moment="">
      {utcText(at)}
    </time>
  );
}
