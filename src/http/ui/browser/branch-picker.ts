import type { Magics } from '@alpinejs/csp';

/**
 * A text field with a list of choices below it, as the combobox pattern of the ARIA Authoring Practices describes it.
 * The choices are fetched while typing; any text may be sent.
 */
export function branchPicker() {
  let entered = false;
  return {
    /** What is there when somebody comes gives way to what is typed. */
    enter(this: Magics): void {
      entered = true;
      elementsOf(this).input.select();
      setOpen(this, true);
    },
    click(this: Magics): void {
      // The click that brought the focus would put the cursor where it was made.
      if (entered) elementsOf(this).input.select();
      entered = false;
      setOpen(this, true);
    },
    show(this: Magics): void {
      setOpen(this, true);
    },
    hide(this: Magics): void {
      setOpen(this, false);
    },
    press(this: Magics, event: KeyboardEvent): void {
      entered = false;
      const { input, list } = elementsOf(this);
      const options = [...list.querySelectorAll<HTMLElement>('[data-value]')];
      const active = options.findIndex(({ id }) => id === input.getAttribute('aria-activedescendant'));
      switch (event.key) {
        case 'ArrowDown':
          event.preventDefault();
          setOpen(this, true);
          activate(this, options[(active + 1) % options.length]);
          break;
        case 'ArrowUp':
          event.preventDefault();
          setOpen(this, true);
          activate(this, options.at(active <= 0 ? -1 : active - 1));
          break;
        case 'Enter': {
          const chosen = options[active];
          if (list.hidden || chosen === undefined) break;
          event.preventDefault();
          take(this, chosen);
          break;
        }
        case 'Escape':
          if (list.hidden) break;
          event.preventDefault();
          setOpen(this, false);
          break;
        case 'Tab':
          setOpen(this, false);
          break;
      }
    },
    choose(this: Magics, event: MouseEvent): void {
      // The field keeps the focus.
      event.preventDefault();
      const option = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-value]') : null;
      if (option) take(this, option);
    },
  };
}

function elementsOf({ $refs }: Magics): { readonly input: HTMLInputElement; readonly list: HTMLElement } {
  const { input, list } = $refs;
  if (!(input instanceof HTMLInputElement) || list === undefined) throw new Error('The branch field is not complete.');
  return { input, list };
}

function setOpen(component: Magics, open: boolean): void {
  const { input, list } = elementsOf(component);
  list.hidden = !open;
  input.setAttribute('aria-expanded', String(open));
  if (!open) activate(component, undefined);
}

function activate(component: Magics, option: HTMLElement | undefined): void {
  const { input, list } = elementsOf(component);
  for (const other of list.querySelectorAll('[aria-selected="true"]')) other.setAttribute('aria-selected', 'false');
  if (option === undefined) {
    input.removeAttribute('aria-activedescendant');
    return;
  }
  option.setAttribute('aria-selected', 'true');
  input.setAttribute('aria-activedescendant', option.id);
  option.scrollIntoView({ block: 'nearest' });
}

function take(component: Magics, option: HTMLElement): void {
  const { input } = elementsOf(component);
  input.value = option.dataset['value'] ?? '';
  setOpen(component, false);
  input.dispatchEvent(new Event('change', { bubbles: true }));
}
