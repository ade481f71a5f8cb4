/** What is wrong with a form: beside each field, and what concerns it as a whole. Whole sentences. */
export interface FormFaults {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly form: readonly string[];
}

/** A form as it is shown: what was typed, and what is wrong with it. */
export interface FormState {
  readonly typed: Readonly<Record<string, string>>;
  readonly faults: FormFaults;
}

export const NO_FAULTS: FormFaults = { fields: {}, form: [] };

export function formWith(typed: Readonly<Record<string, string>> = {}, faults: FormFaults = NO_FAULTS): FormState {
  return { typed, faults };
}

export function hasFaults({ fields, form }: FormFaults): boolean {
  return form.length > 0 || Object.values(fields).some((list) => list.length > 0);
}

export function mergeFaults(first: FormFaults, second: FormFaults): FormFaults {
  const fields: Record<string, readonly string[]> = { ...first.fields };
  for (const [name, list] of Object.entries(second.fields)) fields[name] = [...(fields[name] ?? []), ...list];
  return { fields, form: [...first.form, ...second.form] };
}
