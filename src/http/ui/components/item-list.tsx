import type { Children, Html } from './html.ts';

export interface Item {
  readonly key: string;
  readonly href?: string;
  readonly title: string;
  readonly text: Children;
  /** At the end of the line. */
  readonly aside?: Children;
}

/** A list of records, each with its name, a line about it, and what stands at its end. */
export function ItemList({ items, label }: { readonly items: readonly Item[]; readonly label: string }): Html {
  return (
    <ul class="rows card" aria-label={label}>
      {items.map(({ key, href, title, text, aside }) => (
        <li class="item" id={key}>
          <div class="item-main">
            {href === undefined ? (
              <span class="item-title">{title}</span>
            ) : (
              <a class="row-link" href={href}>
                {title}
              </a>
            )}
            <div class="soft break">{text}</div>
          </div>
          {aside !== undefined && <div class="item-aside">{aside}</div>}
        </li>
      ))}
    </ul>
  );
}
