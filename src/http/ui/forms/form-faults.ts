import type { z } from 'zod';
import type { Failure, InputFault } from '../../../core/errors.ts';
import { faultsOf, withoutRepeats } from '../../input-faults.ts';
import type { FormFaults } from './form-state.ts';

/** Conflicts that one field is the cause of. */
const FIELD_OF_CODE: Readonly<Record<string, string>> = { name_taken: 'name' };

/** What a contract finds wrong, beside the fields that it is about. */
export function faultsOfIssues(issues: readonly z.core.$ZodIssue[], input: unknown): FormFaults {
  return sorted(withoutRepeats(faultsOf(issues, input, 'body')));
}

/** What a use case refuses: beside the field where it says which, else for the form as a whole. */
export function faultsOfFailure(failure: Failure): FormFaults {
  const bodyFaults = failure.faults.filter(({ loc }) => loc[0] === 'body');
  if (bodyFaults.length > 0) return sorted(bodyFaults);
  const field = FIELD_OF_CODE[failure.code];
  return field === undefined
    ? { fields: {}, form: [failure.message] }
    : { fields: { [field]: [failure.message] }, form: [] };
}

function sorted(faults: readonly InputFault[]): FormFaults {
  const fields: Record<string, string[]> = {};
  const form: string[] = [];
  for (const { loc, msg } of faults) {
    const [field, ...rest] = loc.slice(1).map(String);
    if (field === undefined) form.push(sentence(msg));
    else (fields[field] ??= []).push(sentence(rest.length === 0 ? msg : `${rest.join('.')} ${msg}`));
  }
  return { fields, form };
}

/** `must be…` becomes a sentence that can stand under its field. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}
