import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/permissions.ts';
import { createEnvironmentService, type EnvironmentService } from '../../src/services/environment-service.ts';
import { createUnitOfWork } from '../../src/services/unit-of-work.ts';
import { ADMINISTRATOR, createControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { latentStore } from '../support/latent-store.ts';

const BOB: Actor = { ...ADMINISTRATOR, userId: 'usr_bob', email: 'bob@example.invalid' };

describe('quotas', () => {
  let plane: ControlPlane;
  let repositoryId: string;
  beforeEach(async () => {
    plane = await createControlPlane();
    const input = { url: '/nowhere', path: '', default_branch: 'main' };
    repositoryId = (await plane.repositories.createRepository(ADMINISTRATOR, input)).id;
  });
  afterEach(() => plane.dispose());

  function limitedTo(perOwner: number, total = 0): EnvironmentService {
    const store = latentStore(plane.store, 3);
    const { bus, context } = plane;
    const unitOfWork = createUnitOfWork({ ...context, store });
    const quotas = { perOwner, total };
    return createEnvironmentService({ ...context, store, bus, unitOfWork, quotas, urlOf: (name) => name });
  }

  async function create(environments: EnvironmentService, actor: Actor = ADMINISTRATOR): Promise<string> {
    const input = { repository_id: repositoryId, branch: 'main', ttl_hours: 1 };
    return (await environments.createEnvironment(actor, input, { kind: 'manual', fork: false })).id;
  }

  async function createMany(environments: EnvironmentService, count: number): Promise<string[]> {
    const outcomes = await Promise.allSettled(Array.from({ length: count }, () => create(environments)));
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  }

  const refusal = (message: string) => ({ kind: 'conflict', code: 'quota_exceeded', message });

  it('are exact, however many want one of the last at once', async () => {
    expect(await createMany(limitedTo(5), 20)).toHaveLength(5);
    await expect(create(limitedTo(5))).rejects.toMatchObject(
      refusal(
        'You have 5 living environments, which is the limit. Delete one that is no longer needed, then try again.',
      ),
    );
    expect(await create(limitedTo(5), BOB)).toMatch(/^env_/);
  });

  it('count what lives from before a limit was lowered, or set at all', async () => {
    const [first = '', ...rest] = [...(await createMany(limitedTo(20), 5)), ...(await createMany(limitedTo(0), 5))];
    expect(rest).toHaveLength(9);
    await expect(create(limitedTo(8))).rejects.toMatchObject(
      refusal(
        'You have 10 living environments, and the limit is 8. Delete some that are no longer needed, then try again.',
      ),
    );
    await expect(create(limitedTo(0, 8), BOB)).rejects.toMatchObject({
      message: expect.stringMatching(/^There are 10 living environments, and the limit is 8\./) as unknown,
    });
    for (const id of [first, ...rest].slice(0, 3)) await plane.environments.deleteEnvironment(ADMINISTRATOR, id);
    await create(limitedTo(8, 8));
    await expect(create(limitedTo(8))).rejects.toMatchObject({ code: 'quota_exceeded' });
  });
});
