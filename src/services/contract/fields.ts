import { z } from 'zod';
import { branchFault } from '../../core/branch.ts';
import { findPrototypeKey, isDeeperThan, isJsonObject, type JsonObject } from '../../core/json.ts';
import { nameFault } from '../../core/naming.ts';
import { TTL_HOURS_MAX, TTL_HOURS_MIN } from '../../core/ttl.ts';
import { environmentVariableFaults } from '../../core/values.ts';

const VALUES_MAX_DEPTH = 32;
const VALUES_MAX_BYTES = 512 * 1024;

/** A string that a rule of the domain accepts; the rule's words become the fault's. */
export function checkedString(faultOf: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const fault = faultOf(text);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault, params: { type: 'value_error' } });
  });
}

export const environmentName = checkedString(nameFault).meta({
  description: 'DNS label of at most 40 characters without "--"; derived from the branch and made unique when left out',
  examples: ['pr-42'],
});

export const branchName = checkedString(branchFault).meta({
  description: 'Branch of the repository',
  examples: ['main'],
});

export const ttlHours = z
  .int()
  .min(TTL_HOURS_MIN)
  .max(TTL_HOURS_MAX)
  .meta({ description: 'Hours from the last renewal to the end', examples: [72] });

/** Free values for Helm. `env` in them, a map of strings, reaches the workload in every runtime. */
export const values = z
  .custom<JsonObject>(isJsonObject, { message: 'must be an object' })
  .superRefine((object, context) => {
    if (!isJsonObject(object)) return;
    if (isDeeperThan(object, VALUES_MAX_DEPTH)) {
      context.addIssue({
        code: 'custom',
        message: `must not be nested deeper than ${String(VALUES_MAX_DEPTH)} levels`,
      });
      return;
    }
    const forbidden = findPrototypeKey(object);
    if (forbidden) context.addIssue({ code: 'custom', message: 'must not have this key', path: [...forbidden] });
    if (JSON.stringify(object).length > VALUES_MAX_BYTES) {
      context.addIssue({
        code: 'custom',
        message: `must not take more than ${String(VALUES_MAX_BYTES / 1024)} KiB as JSON`,
      });
    }
    for (const fault of environmentVariableFaults(object)) {
      context.addIssue({ code: 'custom', message: fault.message, path: [...fault.path] });
    }
  })
  .meta({ type: 'object', additionalProperties: true, description: 'Helm values; `env` is a map of strings' });

/** Ids are opaque; anything that could not be one is simply not found. */
export const identifier = z.string().min(1).max(100);

export const shortText = z.string().trim().min(1).max(100);
