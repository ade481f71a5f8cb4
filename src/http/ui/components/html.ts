import type { Child } from 'hono/jsx';
import type { HtmlEscapedString } from 'hono/utils/html';

/** What a component returns. Components are synchronous: whatever they show has been loaded before. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
export type Children = Child;

/** Markup as text, with everything that is not markup escaped. */
export function htmlText(html: Html): string {
  const text: unknown = (html as { toString(): unknown }).toString();
  if (typeof text !== 'string') throw new Error('A component waits for something: load it before.');
  return text;
}
