import { CSRF_FIELD } from '../../csrf.ts';
import type { FormFaults, FormState } from '../forms/form-state.ts';
import type { Children, Html } from './html.ts';
import { Icon } from './icon.tsx';
import { Sentence } from './sentence.tsx';

/** Carried by every form that changes something. */
export function CsrfField({ token }: { readonly token: string }): Html {
  return <input type="hidden" name={CSRF_FIELD} value={token} />;
}

/** What ties a control to its label, hint and faults. */
export interface ControlAttributes {
  readonly id: string;
  readonly name: string;
  readonly 'aria-invalid'?: 'true';
  readonly 'aria-describedby'?: string;
}

export interface FieldProps {
  readonly form: FormState;
  readonly name: string;
  readonly label: string;
  readonly hint?: Children;
  readonly optional?: boolean;
  readonly control: (attributes: ControlAttributes) => Html;
}

/** A label, a control, a hint, and what is wrong with what was typed, all tied together. */
export function Field({ form, name, label, hint, optional = false, control }: FieldProps): Html {
  const id = fieldId(name);
  const faults = form.faults.fields[name] ?? [];
  const descriptions = [hint === undefined ? null : `${id}-hint`, faults.length === 0 ? null : `${id}-faults`];
  const describedBy = descriptions.filter((one) => one !== null).join(' ');
  return (
    <div class="field" id={`${id}-field`}>
      <label class="label" for={id}>
        {label}
        {optional && <span class="optional">optional</span>}
      </label>
      {control({
        id,
        name,
        ...(faults.length > 0 ? { 'aria-invalid': 'true' as const } : {}),
        ...(describedBy === '' ? {} : { 'aria-describedby': describedBy }),
      })}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <FieldFaults id={`${id}-faults`} faults={faults} />
    </div>
  );
}

export function FieldFaults({ id, faults }: { readonly id: string; readonly faults: readonly string[] }): Html {
  return (
    <ul class="faults" id={id} hidden={faults.length === 0}>
      {faults.map((fault) => (
        <li>
          <Sentence text={fault} />
        </li>
      ))}
    </ul>
  );
}

/** Faults of the form as a whole; announced when they appear. */
export function FormFaultList({ faults }: { readonly faults: FormFaults }): Html {
  const count = Object.values(faults.fields).flat().length;
  if (faults.form.length === 0 && count === 0) return <></>;
  const lines = faults.form.length > 0 ? faults.form : ['Nothing was saved yet: correct what is marked below.'];
  return (
    <div class="callout callout-danger" role="alert">
      <Icon name="failed" />
      <div>
        {lines.map((line) => (
          <p>
            <Sentence text={line} />
          </p>
        ))}
      </div>
    </div>
  );
}

export interface TextFieldProps extends Omit<FieldProps, 'control'> {
  readonly type?: 'text' | 'email' | 'password' | 'number' | 'url' | 'date';
  /** Secrets that were typed are not sent back. */
  readonly secret?: boolean;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly autocomplete?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

export function TextField(props: TextFieldProps): Html {
  const { form, name, type = 'text', secret = false, placeholder, required = false, autocomplete = 'off' } = props;
  return (
    <Field
      {...props}
      control={(control) => (
        <input
          class="input"
          type={type}
          value={secret ? undefined : form.typed[name]}
          placeholder={placeholder}
          required={required}
          autocomplete={autocomplete}
          spellcheck={false}
          {...control}
          {...props.attributes}
        />
      )}
    />
  );
}

export function fieldId(name: string): string {
  return `field-${name.replaceAll('_', '-')}`;
}
