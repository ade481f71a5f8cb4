import { plainText } from '../../../core/plain-text.ts';
import type { Html } from './html.ts';
import { Moment } from './time.tsx';

/** `a command`, a time in RFC 3339, or an environment by its id. */
const MARKED = /`([^`\n]+)`|\b(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)|\b(environment) (env_[a-z2-7]+)\b/g;

/** A sentence that is said everywhere, as people read it: commands look like such, times are the reader's, ids are links. */
export function Sentence({ text }: { readonly text: string }): Html {
  const shown = plainText(text);
  const parts: (Html | string)[] = [];
  let end = 0;
  for (const match of shown.matchAll(MARKED)) {
    const [whole, code, time, word, id] = match;
    parts.push(shown.slice(end, match.index));
    if (code !== undefined) parts.push(<code>{code}</code>);
    else if (time !== undefined) parts.push(<Moment at={time} />);
    else parts.push(<EnvironmentLink id={id ?? ''} text={word ?? ''} />);
    end = match.index + whole.length;
  }
  return (
    <>
      {parts}
      {shown.slice(end)}
    </>
  );
}

/** In a tab of its own, for it may stand in a form that is being filled in. */
function EnvironmentLink({ id, text }: { readonly id: string; readonly text: string }): Html {
  return (
    <a href={`/environments/${id}`} target="_blank" rel="noopener">
      {text}
      <span class="visually-hidden"> (opens in a new tab)</span>
    </a>
  );
}
