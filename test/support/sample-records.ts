import type { Environment, Phase } from '../../src/core/environment.ts';
import { newEnvironment } from '../../src/core/environment-intent.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Repository, User } from '../../src/core/records.ts';
import { createRandomIdentifiers } from '../../src/adapters/system/random-identifiers.ts';
import type { Write } from '../../src/ports/environment-store.ts';

export const identifiers = createRandomIdentifiers();

export const SAMPLE_TIME = '2030-01-01T00:00:00.000Z';

export interface SampleEnvironment {
  readonly id?: string;
  readonly name?: string;
  readonly branch?: string;
  readonly owner?: string;
  readonly repositoryId?: string;
  readonly configSetId?: string | null;
  readonly createdAt?: string;
  readonly phase?: Phase;
  readonly audience?: readonly string[];
  readonly values?: JsonObject | null;
}

/** An environment record with what a test cares about, and ordinary things around it. */
export function sampleEnvironment(wanted: SampleEnvironment = {}): Environment {
  const createdAt = wanted.createdAt ?? SAMPLE_TIME;
  const phase = wanted.phase ?? 'pending';
  const name = wanted.name ?? 'pr-42';
  const environment = newEnvironment(
    {
      id: wanted.id ?? identifiers.random('env'),
      name,
      owner: { id: 'usr_ann', email: wanted.owner ?? 'ann@example.org' },
      audience: wanted.audience ?? [],
      source: { kind: 'api', fork: false },
      quotaSlots: [],
      component: {
        repositoryId: wanted.repositoryId ?? 'repo_web',
        repositoryUrl: 'https://git.example.org/acme/web.git',
        path: '',
        branch: wanted.branch ?? 'main',
        commit: null,
        branchHead: null,
        image: null,
        pinnedImage: null,
        pullRequest: null,
      },
      ttlHours: 72,
      configSet: wanted.configSetId ? { id: wanted.configSetId, revision: 1 } : null,
      helmValuesOverride: wanted.values ?? null,
      url: `http://${name}.localhost:8000`,
    },
    createdAt,
  );
  const archivedAt = phase === 'terminated' ? createdAt : null;
  return { ...environment, status: { ...environment.status, phase, archivedAt } };
}

/** The same environment after something happened to it. */
export function touched(environment: Environment, message: string): Environment {
  return { ...environment, status: { ...environment.status, message } };
}

export function putEnvironment(environment: Environment): Write {
  return { op: 'put', kind: 'environment', id: environment.metadata.id, record: environment };
}

export function sampleRepository(wanted: Partial<Repository> = {}): Repository {
  return {
    name: 'web',
    url: 'https://git.example.org/acme/web.git',
    defaultBranch: 'main',
    path: '',
    image: null,
    sealedCredential: null,
    sealedImageCredential: null,
    values: null,
    audience: [],
    createdAt: SAMPLE_TIME,
    updatedAt: SAMPLE_TIME,
    createdBy: { id: 'usr_ann', email: 'ann@example.org' },
    ...wanted,
  };
}

export function sampleUser(id: string, wanted: Partial<User> = {}): User {
  return {
    email: 'ann@example.org',
    name: 'Ann',
    role: 'member',
    disabled: false,
    issuer: 'local',
    subject: id,
    createdAt: SAMPLE_TIME,
    updatedAt: SAMPLE_TIME,
    ...wanted,
  };
}
