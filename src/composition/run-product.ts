import { hostname } from 'node:os';
import { join } from 'node:path';
import { mkdir, readFile } from 'node:fs/promises';
import closeWithGrace from 'close-with-grace';
import { createLog } from '../adapters/system/log.ts';
import { ConfigError } from '../config/config-error.ts';
import { describeConfig } from '../config/describe-config.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/config.ts';
import {
  createControllerStats,
  runEnvironmentController,
  type EnvironmentControllerParts,
} from '../controllers/environment-controller.ts';
import type { Log } from '../ports/log.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { buildApp } from '../http/app.ts';
import { DEFAULT_STREAM_SETTINGS, type Assets, type HttpParts } from '../http/parts.ts';
import { openAdapters, type Adapters, type Decoration } from './adapters.ts';
import { takeFirstSteps } from './first-start.ts';
import { listenProblem } from './listen-problem.ts';
import { registerControllerMetrics } from './metrics.ts';
import { PACKAGE_ROOT } from './package-root.ts';
import { checkReadiness, logWhatIsMissing, type FirstStepsState } from './readiness.ts';
import { DUTIES } from './roles.ts';
import { createServerFactory } from './server.ts';
import { createServices, type Services } from './services.ts';
import { farewell, welcome } from './welcome.ts';

/** Longest time that a stop may take before the process ends all the same. */
const SHUTDOWN_MS = 25_000;
const GATEWAY_WAKE_MS = 25_000;
const FIRST_STEPS_RETRY_MS = 10_000;

/**
 * Runs the product until it is told to stop. SIGINT ends the environments' processes too; SIGTERM leaves them running
 * for the next start to take over.
 */
export async function runProduct(environmentVariables: NodeJS.ProcessEnv, decoration: Decoration = {}): Promise<void> {
  const config = readConfig(environmentVariables);
  if (config) await runConfigured(config, environmentVariables, decoration);
}

/** The same with a configuration that was read already. */
export async function runConfigured(
  config: Config,
  environmentVariables: NodeJS.ProcessEnv,
  decoration: Decoration = {},
): Promise<void> {
  const duties = DUTIES[config.role];
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const log = createLog({ level: config.logLevel });
  const userEnvironment = definedOnly(environmentVariables);
  const adapters = await open(config, userEnvironment, log, decoration);
  if (!adapters) return;
  const services = createServices(adapters, config);
  const gateway = duties.previews ? openGateway(adapters, services, config) : null;
  const stats = createControllerStats();
  const firstSteps: FirstStepsState = { done: false };
  const app = await buildApp({
    ...httpParts(adapters, services, config, await readAssets(), await readVersion()),
    readiness: () => checkReadiness(adapters, config, firstSteps),
    hasConsole: duties.console,
    serverFactory: createServerFactory(gateway),
    registerMetrics: (registry) => {
      registerControllerMetrics(registry, stats);
    },
  });
  const closeAdapters = async (): Promise<void> => {
    await services.announcer.close();
    await adapters.runtime.close();
    await adapters.bus.close();
    await adapters.store.close();
  };

  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    const problem = listenProblem(error, config);
    if (problem === null) throw error;
    await gateway?.close();
    await app.close();
    await closeAdapters();
    refuseToStart(problem);
    return;
  }
  log.info(describeConfig(config), 'Listening.');
  // Nobody waits for it: what is missing now may come, and meanwhile everything else is served.
  void checkReadiness(adapters, config, { done: true }).then((readiness) => {
    logWhatIsMissing(readiness, log);
  });
  // Not before the port is ours: whoever can't be reached leaves the environments alone.
  const stop = new AbortController();
  const controller = duties.controller
    ? runEnvironmentController({ ...controllerParts(adapters, services, config), stats }, stop.signal)
    : Promise.resolve();

  closeWithGrace({ delay: SHUTDOWN_MS, logger: false }, async ({ signal, err }) => {
    if (err)
      log.error({ error: err.stack ?? err.message }, 'An error that nobody expected ends Blueberry. Please report it.');
    if (signal === 'SIGINT') {
      // A terminal that was closed takes nothing any more.
      process.stdout.on('error', () => undefined).write(await farewell(config, adapters.runtime));
    }
    await gateway?.close();
    await app.close();
    stop.abort();
    await controller;
    if (signal === 'SIGINT') await adapters.endProcesses();
    await closeAdapters();
  });

  // Whoever has no console gives nobody access, and finds what it needs or waits for it.
  firstSteps.done = !duties.console;
  while (duties.console && !stop.signal.aborted) {
    try {
      const steps = await takeFirstSteps(services, adapters.store, config, userEnvironment);
      firstSteps.done = true;
      process.stdout.write(welcome(config, steps));
      return;
    } catch (error) {
      // A full disk, say: what is there goes on being served meanwhile.
      log.error({ error: String(error) }, 'What a new installation needs could not be made; it is tried again.');
      await adapters.clock.sleep(FIRST_STEPS_RETRY_MS, stop.signal);
    }
  }
}

function readConfig(environmentVariables: NodeJS.ProcessEnv): Config | null {
  try {
    return loadConfig(environmentVariables, { cwd: process.cwd() });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    refuseToStart(error.message);
    return null;
  }
}

async function open(
  config: Config,
  userEnvironment: Readonly<Record<string, string>>,
  log: Log,
  decoration: Decoration,
): Promise<Adapters | null> {
  try {
    const adapters = await openAdapters(config, { userEnvironment, log, decoration });
    return decoration.adapters ? decoration.adapters(adapters) : adapters;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    refuseToStart(error.message);
    return null;
  }
}

/** The exit code is EX_CONFIG of sysexits.h: starting again is of no use before something is set otherwise. */
function refuseToStart(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 78;
}

function openGateway(adapters: Adapters, services: Services, config: Config): Gateway {
  return createGateway({
    ...adapters,
    environments: services.environments,
    settings: {
      previewDomain: config.previewDomain,
      consoleUrl: config.publicUrl,
      wakeTimeoutMs: GATEWAY_WAKE_MS,
      idleSleepMs: config.idleSleepMs,
      trustedProxyHops: config.trustedProxyHops,
      bootstrapToken: config.bootstrapToken,
    },
  });
}

function httpParts(
  adapters: Adapters,
  services: Services,
  config: Config,
  assets: Assets,
  version: string,
): Omit<HttpParts, 'readiness' | 'hasConsole'> {
  return {
    ...adapters,
    ...services,
    assets,
    settings: {
      publicUrl: config.publicUrl,
      consoleHosts: config.consoleHosts,
      secureCookies: config.secureCookies,
      environment: config.environment,
      version,
      trustedProxyHops: config.trustedProxyHops,
      rateLimits: config.rateLimits,
      stream: DEFAULT_STREAM_SETTINGS,
    },
  };
}

function controllerParts(
  adapters: Adapters,
  services: Services,
  config: Config,
): Omit<EnvironmentControllerParts, 'stats'> {
  const { deployDeadlineMs, idleSleepMs, pollLocalMs, pollRemoteMs, deleteGoneBranches } = config;
  return {
    ...adapters,
    announcer: services.announcer,
    fencedEnvironments: services.fencedEnvironments,
    deleteGoneBranches,
    holder: `${hostname()} (process ${String(process.pid)})`,
    settings: { deployDeadlineMs, idleSleepMs, pollLocalMs, pollRemoteMs },
  };
}

async function readAssets(): Promise<Assets> {
  const folder = join(PACKAGE_ROOT, 'dist', 'assets');
  const text = await readFile(join(folder, 'manifest.json'), 'utf8');
  return { folder, manifest: JSON.parse(text) as Assets['manifest'] };
}

async function readVersion(): Promise<string> {
  const text = await readFile(join(PACKAGE_ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function definedOnly(variables: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
