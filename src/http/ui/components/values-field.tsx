import type { FormState } from '../forms/form-state.ts';
import { Field, FieldFaults, fieldId } from './form.tsx';
import type { Children, Html } from './html.ts';

export interface ValuesFieldProps {
  readonly form: FormState;
  readonly name: string;
  readonly label: string;
  readonly hint: Children;
}

/** Values as YAML or JSON. What is wrong is told with its line, while typing as well as after sending. */
export function ValuesField({ form, name, label, hint }: ValuesFieldProps): Html {
  const faultsId = `${fieldId(name)}-faults`;
  return (
    <Field
      form={form}
      name={name}
      label={label}
      hint={hint}
      optional
      control={(control) => (
        <textarea
          class="input mono code"
          rows={7}
          spellcheck={false}
          autocapitalize="none"
          autocomplete="off"
          placeholder={'env:\n  GREETING: hello'}
          hx-post="/values-check"
          hx-trigger="input changed delay:400ms"
          hx-target={`#${faultsId}`}
          hx-swap="outerMorph"
          hx-sync="this:replace"
          {...control}
          aria-describedby={`${fieldId(name)}-hint ${faultsId}`}
        >
          {`\n${form.typed[name] ?? ''}`}
        </textarea>
      )}
    />
  );
}

/** The answer to a look at values that are being typed. */
export function ValuesFaults({ name, faults }: { readonly name: string; readonly faults: readonly string[] }): Html {
  return <FieldFaults id={`${fieldId(name)}-faults`} faults={faults} />;
}
