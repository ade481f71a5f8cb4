import type { FastifyServerFactory } from 'fastify';
import type { Registry } from 'prom-client';
import type { Environment } from '../core/environment.ts';
import type { Clock } from '../ports/clock.ts';
import type { EnvironmentStore } from '../ports/environment-store.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Identifiers } from '../ports/identifiers.ts';
import type { Log } from '../ports/log.ts';
import type { ConfigSetService } from '../services/config-set-service.ts';
import type { EnvironmentService } from '../services/environment-service.ts';
import type { RepositoryService } from '../services/repository-service.ts';
import type { SessionService } from '../services/session-service.ts';
import type { TokenService } from '../services/token-service.ts';
import type { UserService } from '../services/user-service.ts';

/** Everything that the HTTP edge needs; `buildApp` takes it and nothing else. */
export interface HttpParts {
  readonly environments: EnvironmentService;
  readonly repositories: RepositoryService;
  readonly configSets: ConfigSetService;
  readonly tokens: TokenService;
  readonly sessions: SessionService;
  readonly users: UserService;
  readonly bus: EventBus;
  readonly store: EnvironmentStore;
  readonly clock: Clock;
  readonly identifiers: Identifiers;
  readonly log: Log;
  readonly settings: HttpSettings;
  readonly assets: Assets;
  /** Asks each dependency now. Never rejects: what is wrong is said in `message`. */
  readonly readiness: () => Promise<readonly Readiness[]>;
  /** Where the runtime puts an environment: the `kubernetes` block of its response, without what was observed. */
  readonly placementOf: (environment: Environment) => Placement;
  /** Whether the API and the pages are served, besides what machines ask for about the process. */
  readonly hasConsole: boolean;
  /** Makes the server around fastify's handler; composition puts the gateway in front of it. Left out: a plain one. */
  readonly serverFactory?: FastifyServerFactory;
  /** Adds metrics of other rooms (queue, reconcile, builds) to those of HTTP. */
  readonly registerMetrics?: (registry: Registry) => void;
}

export interface HttpSettings {
  /** Origin under which people reach the console, without a slash at the end: `http://localhost:8000`. */
  readonly publicUrl: string;
  /** Lower-case host names, without a port, that the console answers to besides `localhost`, `127.0.0.1` and `[::1]`. */
  readonly consoleHosts: readonly string[];
  /** True wherever the public URL is https: the session cookie is then `__Host-` and Secure. */
  readonly secureCookies: boolean;
  readonly environment: 'development' | 'production';
  readonly version: string;
  /** How many proxies in front of this server may be believed about `X-Forwarded-For` and `-Proto`; 0: none. */
  readonly trustedProxyHops: number;
  readonly rateLimits: RateLimits;
  readonly stream: StreamSettings;
}

export interface RateLimits {
  /** Attempts to sign in, per address and per e-mail address, in one minute. */
  readonly signInsPerMinute: number;
  /** Requests that change something, per user or token, in one minute. */
  readonly writesPerMinute: number;
}

export interface StreamSettings {
  readonly heartbeatMs: number;
  /** How often the credential of an open stream is looked at again: a revoked one is cut within this. */
  readonly reauthorizeMs: number;
  /** A client whose socket holds more unsent bytes than this when there is more to tell is dropped. */
  readonly maxBufferedBytes: number;
  /** What clients are told to wait before they come back, before some spread is added. */
  readonly retryMs: number;
}

export const DEFAULT_RATE_LIMITS: RateLimits = { signInsPerMinute: 10, writesPerMinute: 1200 };

export const DEFAULT_STREAM_SETTINGS: StreamSettings = {
  heartbeatMs: 15_000,
  reauthorizeMs: 30_000,
  maxBufferedBytes: 1024 * 1024,
  retryMs: 1_000,
};

/** What the browser gets, as it was built: `folder` holds the files, `manifest` leads from `app.js` to the hashed name. */
export interface Assets {
  readonly folder: string;
  readonly manifest: Readonly<Record<string, string>>;
}

export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence. */
  readonly message: string;
}

export interface Placement {
  readonly cluster: string;
  readonly namespace: string;
  readonly application: string;
}
