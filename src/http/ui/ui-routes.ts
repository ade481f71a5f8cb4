import formbody from '@fastify/formbody';
import type { FastifyInstance } from 'fastify';
import type { HttpParts } from '../parts.ts';
import { createSignInLimiter } from '../rate-limits.ts';
import { registerAssets } from './routes/asset-routes.ts';
import { registerConfigSets } from './routes/config-set-routes.tsx';
import { registerEnvironmentActions } from './routes/environment-action-routes.tsx';
import { registerEnvironmentList } from './routes/environment-list-routes.tsx';
import { registerEnvironmentPage } from './routes/environment-page-routes.tsx';
import { registerNewEnvironment } from './routes/new-environment-routes.tsx';
import { registerProblemPages } from './routes/problem-pages.tsx';
import { registerProfile } from './routes/profile-routes.tsx';
import { registerRepositories } from './routes/repository-routes.tsx';
import { registerSignIn } from './routes/sign-in-routes.tsx';
import { registerTokens } from './routes/token-routes.tsx';

/** The pages of the console, in a scope of their own: unlike the API they take forms. */
export async function registerUi(app: FastifyInstance, parts: HttpParts): Promise<void> {
  await app.register(formbody);
  const signIns = createSignInLimiter(parts.clock, parts.settings.rateLimits);
  registerProblemPages(app, parts);
  registerAssets(app, parts);
  registerSignIn(app, parts, signIns);
  registerEnvironmentList(app, parts);
  registerNewEnvironment(app, parts);
  registerEnvironmentPage(app, parts);
  registerEnvironmentActions(app, parts);
  registerRepositories(app, parts);
  registerConfigSets(app, parts);
  registerTokens(app, parts);
  registerProfile(app, parts, signIns);
}
