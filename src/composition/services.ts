import { previewUrl, type Config } from '../config/config.ts';
import type { Precondition } from '../ports/environment-store.ts';
import { createAnnouncer, type Announcer } from '../services/announcer.ts';
import { createConfigSetService, type ConfigSetService } from '../services/config-set-service.ts';
import { createEnvironmentService, type EnvironmentService } from '../services/environment-service.ts';
import { createRepositoryService, type RepositoryService } from '../services/repository-service.ts';
import { createSessionService, type SessionService } from '../services/session-service.ts';
import { createTokenService, type TokenService } from '../services/token-service.ts';
import { createUnitOfWork } from '../services/unit-of-work.ts';
import { createUserService, type UserService } from '../services/user-service.ts';
import type { Adapters } from './adapters.ts';

export interface Services {
  readonly announcer: Announcer;
  readonly environments: EnvironmentService;
  readonly repositories: RepositoryService;
  readonly configSets: ConfigSetService;
  readonly tokens: TokenService;
  readonly users: UserService;
  readonly sessions: SessionService;
  /** The environment use cases on behalf of a leader: they write only as long as its epoch stands. */
  readonly fencedEnvironments: (fence: Precondition) => EnvironmentService;
}

export function createServices(adapters: Adapters, config: Config): Services {
  const { store, bus, runtime, git, cipher, clock, identifiers, log, authenticator } = adapters;
  const announcer = createAnnouncer({ store, bus, clock, log });
  const unitOfWork = createUnitOfWork({ store, announcer, cipher, clock });
  const urlOf = (name: string): string => previewUrl(config, name);
  const environmentParts = { store, bus, runtime, clock, identifiers, quotas: config.quotas, urlOf };
  const common = { store, unitOfWork, clock, identifiers };
  return {
    announcer,
    environments: createEnvironmentService({ ...environmentParts, unitOfWork }),
    repositories: createRepositoryService({ ...common, git, cipher, allowLocal: config.environment === 'development' }),
    configSets: createConfigSetService({ ...common, cipher }),
    tokens: createTokenService(common),
    users: createUserService({ ...common, authenticator, accounts: authenticator }),
    sessions: createSessionService({ store, authenticator, clock, identifiers, log }),
    fencedEnvironments: (fence) =>
      createEnvironmentService({
        ...environmentParts,
        unitOfWork: createUnitOfWork({ store, announcer, cipher, clock, fence }),
      }),
  };
}
