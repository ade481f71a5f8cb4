import type { Magics } from '@alpinejs/csp';

/** Keeps the fields in step: the branch is one of the repository, and an empty name shows what it will become. */
export function newEnvironment() {
  return {
    init(this: Magics): void {
      this.$el.addEventListener('name-derived', (event) => {
        suggestName(this.$el, (event as CustomEvent<{ readonly name: string }>).detail.name);
      });
      // Until it is known which name is free, none is promised.
      fieldOf(this.$el, 'branch')?.addEventListener('input', () => {
        suggestName(this.$el, '');
      });
    },
    repositoryChosen(event: Event): void {
      const select = event.target;
      if (!(select instanceof HTMLSelectElement)) return;
      const branch = fieldOf(select.form, 'branch');
      if (!branch) return;
      branch.value = select.selectedOptions[0]?.dataset['defaultBranch'] ?? '';
      branch.placeholder = branch.value;
      branch.dispatchEvent(new Event('change', { bubbles: true }));
    },
  };
}

function suggestName(form: HTMLElement, name: string): void {
  const field = fieldOf(form, 'name');
  if (field) field.placeholder = name;
}

function fieldOf(form: Element | null, name: string): HTMLInputElement | null {
  return form?.querySelector<HTMLInputElement>(`input[name="${name}"]`) ?? null;
}
