import type { z } from 'zod';
import type { Failure, InputFault } from '../../../core/errors.ts';
import type { FormFaults } from './form-state.ts';

type Issue = z.core.$ZodIssue;

/** Conflicts that one field is the cause of. */
const FIELD_OF_CODE: Readonly<Record<string, string>> = { name_taken: 'name' };

/** What a contract finds wrong, beside the fields that it is about. */
export function faultsOfIssues(issues: readonly Issue[]): FormFaults {
  return sorted(
    issues.flatMap((issue) => {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => ({ path: [], message: `There is no field ${JSON.stringify(key)}.` }));
      }
      return [{ path: issue.path.map(String), message: messageOf(issue) }];
    }),
  );
}

/** What a use case refuses: beside the field where it says which, else for the form as a whole. */
export function faultsOfFailure(failure: Failure): FormFaults {
  const bodyFaults = failure.faults.filter(({ loc }) => loc[0] === 'body');
  if (bodyFaults.length > 0) return sorted(bodyFaults.map(pathAndMessage));
  const field = FIELD_OF_CODE[failure.code];
  return field === undefined
    ? { fields: {}, form: [failure.message] }
    : { fields: { [field]: [failure.message] }, form: [] };
}

function pathAndMessage({ loc, msg }: InputFault): { path: readonly string[]; message: string } {
  return { path: loc.slice(1).map(String), message: msg };
}

function sorted(faults: readonly { path: readonly string[]; message: string }[]): FormFaults {
  const fields: Record<string, string[]> = {};
  const form: string[] = [];
  for (const { path, message } of faults) {
    const [field, ...rest] = path;
    if (field === undefined) form.push(sentence(message));
    else (fields[field] ??= []).push(sentence(rest.length === 0 ? message : `${rest.join('.')} ${message}`));
  }
  return { fields, form };
}

/** The contract's own words begin with a small letter; those of the library are said anew. */
function messageOf(issue: Issue): string {
  if (/^[a-z]/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is needed';
      return issue.expected === 'number' || issue.expected === 'int' ? 'must be a whole number' : 'has the wrong form';
    case 'too_small':
      if (issue.origin === 'array') return 'choose at least one';
      if (issue.origin === 'string')
        return issue.minimum === 1 ? 'is needed' : `must have at least ${String(issue.minimum)} characters`;
      return `must be at least ${String(issue.minimum)}`;
    case 'too_big':
      return issue.origin === 'string'
        ? `must have at most ${String(issue.maximum)} characters`
        : `must be at most ${String(issue.maximum)}`;
    case 'invalid_format':
      return issue.format === 'email' ? 'must be an e-mail address' : 'has the wrong form';
    case 'invalid_value':
      return 'is not one of the choices';
    default:
      return 'has the wrong form';
  }
}

/** `must be…` becomes a sentence that can stand under its field. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}
