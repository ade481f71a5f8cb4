import type { Magics } from '@alpinejs/csp';
import { deriveName } from '../../../core/naming.ts';

/** Shows in empty fields what they will become: the default branch, and the name that is made of the branch. */
export function newEnvironment() {
  return {
    init(this: Magics): void {
      const form = this.$el;
      for (const event of ['input', 'change']) {
        form.addEventListener(event, () => {
          suggestName(form);
        });
      }
      suggestName(form);
    },
    repositoryChosen(event: Event): void {
      const select = event.target;
      if (!(select instanceof HTMLSelectElement)) return;
      const branch = fieldOf(select.form, 'branch');
      if (!branch) return;
      branch.placeholder = select.selectedOptions[0]?.dataset['defaultBranch'] ?? 'main';
      branch.value = '';
    },
  };
}

function suggestName(form: HTMLElement): void {
  const branch = fieldOf(form, 'branch');
  const name = fieldOf(form, 'name');
  if (branch && name) name.placeholder = deriveName(branch.value.trim() || branch.placeholder);
}

function fieldOf(form: Element | null, name: string): HTMLInputElement | null {
  return form?.querySelector<HTMLInputElement>(`input[name="${name}"]`) ?? null;
}
