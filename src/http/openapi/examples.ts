import type { z } from 'zod';
import type { environmentResponse } from '../api/representations/environment-response.ts';

const ENVIRONMENT: z.output<typeof environmentResponse> = {
  id: 'env_k7x2mqz4vbn3ahd6wtyc5rjple',
  name: 'pr-42',
  status: 'ready',
  message: 'Running feature/login at 3f2a1c9.',
  urls: ['http://pr-42.localhost:8000'],
  created_at: '2026-03-01T12:00:00.000Z',
  updated_at: '2026-03-01T12:00:07.412Z',
  expires_at: '2026-03-04T12:00:00.000Z',
  terminated_at: null,
  ttl_hours: 72,
  owner: 'ada@example.com',
  repository_id: 'repo_w5h2cxq7mz3nkb4tvy6rdjpa2e',
  config_set_id: null,
  config_set_revision: null,
  git: {
    repository_id: 'repo_w5h2cxq7mz3nkb4tvy6rdjpa2e',
    repository_url: 'https://github.com/acme/web.git',
    branch: 'feature/login',
    commit_sha: '3f2a1c9d8e7b6a5f4c3d2e1f0a9b8c7d6e5f4a3b',
    pull_request: null,
  },
  kubernetes: {
    cluster: 'local',
    namespace: 'pr-42',
    application: 'pr-42',
    sync_status: 'Synced',
    health_status: 'Healthy',
  },
  conditions: [
    {
      type: 'Reachable',
      status: 'True',
      reason: 'Done',
      message: 'The URL answers.',
      last_transition_time: '2026-03-01T12:00:07.412Z',
      observed_revision: 1,
    },
  ],
  generation: 1,
  observed_generation: 1,
  asleep: false,
  auto_update: true,
  helm_values_override: { env: { GREETING: 'hello' } },
  source: { kind: 'api', fork: false },
};

/** By the name of the schema. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  EnvironmentResponse: ENVIRONMENT,
  EnvironmentList: { items: [ENVIRONMENT], next_cursor: null, total: 1, position: '9c1f4e2ab7d05836-17' },
  EnvironmentCreate: {
    name: 'pr-42',
    repository_id: 'repo_w5h2cxq7mz3nkb4tvy6rdjpa2e',
    branch: 'feature/login',
    ttl_hours: 72,
    helm_values_override: { env: { GREETING: 'hello' } },
  },
  EnvironmentUpdate: { ttl_hours: 24 },
  RedeployRequest: {},
  RepositoryCreate: {
    url: 'https://github.com/acme/web.git',
    default_branch: 'main',
    image: 'ghcr.io/acme/web:{sha}',
  },
  RepositoryUpdate: { name: 'web' },
  ConfigSetCreate: {
    name: 'staging data',
    repository_ids: ['repo_w5h2cxq7mz3nkb4tvy6rdjpa2e'],
    values: { env: { API_URL: 'https://staging.example.com' } },
    secrets: { API_KEY: 'write-only' },
  },
  ConfigSetUpdate: { secrets: { API_KEY: null } },
  TokenCreate: { name: 'ci', scopes: ['environments:read', 'environments:write'], expires_at: '2027-01-01T00:00:00Z' },
  UserInvite: { email: 'grace@example.com', role: 'member' },
  UserUpdate: { disabled: true },
};

/** The example of a schema that is referred to by its name, in the form of a media type's field. */
export function exampleOf(schema: Record<string, unknown>): { readonly example?: unknown } {
  const name = typeof schema['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined;
  const example = name === undefined ? undefined : EXAMPLES[name];
  return example === undefined ? {} : { example };
}
