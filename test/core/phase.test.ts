import { describe, expect, it } from 'vitest';
import { CONDITION_TYPES, setCondition, type Condition, type ConditionType } from '../../src/core/condition.ts';
import { diagnose, FAILURE_REASONS, type ConditionReason } from '../../src/core/diagnosis.ts';
import { markedForDeletion, nextRevision, withSpec } from '../../src/core/environment-intent.ts';
import type { Environment } from '../../src/core/environment.ts';
import { deriveStatus, withDerivedStatus } from '../../src/core/phase.ts';
import { SAMPLE_TIME, sampleEnvironment } from '../support/sample-records.ts';

const LATER = '2030-01-01T01:00:00.000Z';
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const NEEDED = CONDITION_TYPES.filter((type) => type !== 'Removed');

function withConditions(environment: Environment, conditions: readonly Condition[]): Environment {
  return withDerivedStatus({ ...environment, status: { ...environment.status, conditions } });
}

function seen(
  environment: Environment,
  type: ConditionType,
  status: Condition['status'],
  reason: ConditionReason,
  message: string,
): Environment {
  const update = { type, status, reason, message, observedRevision: environment.spec.revision };
  return withConditions(environment, setCondition(environment.status.conditions, update, SAMPLE_TIME));
}

function running(): Environment {
  let environment = sampleEnvironment();
  const [component] = environment.spec.components;
  if (!component) throw new Error('the sample has no component');
  environment = { ...environment, spec: { ...environment.spec, components: [{ ...component, commit: COMMIT }] } };
  for (const type of NEEDED) environment = seen(environment, type, 'True', 'Done', 'Seen.');
  return { ...environment, status: { ...environment.status, serving: { revision: 1, commit: COMMIT } } };
}

describe('the status of an environment', () => {
  it('is pending before anything has been seen', () => {
    expect(deriveStatus(sampleEnvironment())).toEqual({
      phase: 'pending',
      message: 'Waiting to be started.',
    });
  });

  it.each(NEEDED)('is pending while %s is missing, and says so with the first that is not true', (missing) => {
    const environment = seen(running(), missing, 'Unknown', 'NotYetObserved', `Waiting for ${missing}.`);
    expect(environment.status).toMatchObject({ phase: 'pending', message: `Waiting for ${missing}.` });
  });

  it('is ready when all of it has been seen of the wanted revision', () => {
    expect(deriveStatus(running())).toEqual({ phase: 'ready', message: 'Running main at 0123456.' });
  });

  it('takes nothing that was seen of an earlier revision for evidence', () => {
    const before = running();
    const redeployed = withSpec(before, nextRevision(before.spec, LATER), LATER);
    expect(redeployed.status.phase).toBe('pending');
    expect(redeployed.status.serving, 'the earlier one goes on serving').toEqual(before.status.serving);
  });

  it.each(FAILURE_REASONS)('is failed for %s, with the cause and what to do next', (reason) => {
    const { message } = diagnose(reason, 'It did not work');
    const environment = seen(running(), 'Healthy', 'False', reason, message);
    expect(environment.status).toMatchObject({ phase: 'failed', message });
    expect(message).toMatch(/^It did not work\. \S.*\.$/);
  });

  it('is deleting as soon as that is asked for, whatever else is true, and terminated once archived', () => {
    const deleting = markedForDeletion(running(), LATER);
    expect(deleting.status).toMatchObject({ phase: 'deleting', message: 'Waiting to be removed.' });
    const archived = { ...deleting, status: { ...deleting.status, archivedAt: LATER } };
    expect(deriveStatus(archived).phase).toBe('terminated');
  });

  it('keeps the first request for deletion when asked again', () => {
    const deleting = markedForDeletion(running(), LATER);
    expect(markedForDeletion(deleting, '2030-02-02T00:00:00.000Z')).toBe(deleting);
  });
});

describe('falling asleep and waking', () => {
  it('is ready while asleep, and counts nothing as serving from the moment that it is asked for', () => {
    const asleep = withSpec(running(), { asleep: true }, LATER);
    expect(asleep.status).toMatchObject({
      phase: 'ready',
      serving: null,
      message: 'Asleep with main at 0123456; the first visit wakes it.',
    });
  });

  it('is pending from the moment that it is woken, even if it has not been seen asleep', () => {
    const woken = withSpec(withSpec(running(), { asleep: true }, LATER), { asleep: false }, LATER);
    expect(woken.status).toMatchObject({ phase: 'pending', message: 'Waking up.', serving: null });
    expect(woken.spec.revision).toBe(1);
  });

  it('is pending from the moment that it is woken, once it has been seen asleep', () => {
    let asleep = withSpec(running(), { asleep: true }, LATER);
    for (const type of ['Healthy', 'Reachable'] as const) asleep = seen(asleep, type, 'True', 'Asleep', 'Asleep.');
    expect(withSpec(asleep, { asleep: false }, LATER).status).toMatchObject({ phase: 'pending', serving: null });
  });

  it('leaves a failure standing when woken', () => {
    const failed = seen(running(), 'Healthy', 'False', 'Crashed', 'It crashed.');
    const woken = withSpec(withSpec(failed, { asleep: true }, LATER), { asleep: false }, LATER);
    expect(woken.status.phase).toBe('failed');
  });

  it('leaves what serves as it is when something else changes', () => {
    const renewed = withSpec(running(), { ttlHours: 3 }, LATER);
    expect(renewed.status.serving).not.toBeNull();
    expect(renewed.status.phase).toBe('ready');
  });
});
