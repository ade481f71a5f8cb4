import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDemoRepository } from '../adapters/git/demo-repository.ts';
import type { Config } from '../config/config.ts';
import { EVERYTHING, SYSTEM_ACTOR } from '../core/permissions.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { Services } from './services.ts';

export interface FirstSteps {
  /** Where the administrator signs in without a password, once; null when one has been set. */
  readonly signInLink: string | null;
  readonly demo: { readonly path: string; readonly branches: readonly string[] } | null;
}

/** Makes what a new installation needs, and only what is missing of it. */
export async function takeFirstSteps(
  services: Services,
  store: EnvironmentStore,
  config: Config,
  userEnvironment: Readonly<Record<string, string>>,
): Promise<FirstSteps> {
  const administrator = await services.users.ensureFirstAdministrator(config.adminEmail);
  if (config.bootstrapToken !== null) {
    await services.tokens.ensureBootstrapToken(
      { id: administrator.id, email: administrator.record.email },
      config.bootstrapToken,
    );
  }
  const demo = config.demoRepository ? await connectDemoRepository(services, store, config, userEnvironment) : null;
  const secret = await services.users.firstSignInLink(administrator.id);
  const signInLink = secret === null ? null : `${config.publicUrl}/sign-in/link?secret=${encodeURIComponent(secret)}`;
  return { signInLink, demo };
}

/** Connected once: whoever disconnects it does not get it back at the next start. */
async function connectDemoRepository(
  services: Services,
  store: EnvironmentStore,
  config: Config,
  userEnvironment: Readonly<Record<string, string>>,
): Promise<FirstSteps['demo']> {
  const demo = await ensureDemoRepository(join(config.dataDir, 'demo'), userEnvironment);
  const marker = join(config.dataDir, 'demo-connected');
  if (!existsSync(marker)) {
    const url = demo.path;
    // There already where the start that connected it was cut off before it could say so.
    const { items } = await store.list(EVERYTHING, 'repository', { where: { url }, limit: 1 });
    if (items.length === 0) {
      const input = { url, name: 'demo', default_branch: 'main', path: '' };
      await services.repositories.createRepository(SYSTEM_ACTOR, input);
    }
    await writeFile(marker, '');
  }
  return demo;
}
