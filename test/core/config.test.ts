import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IMPOSSIBLE_COMBINATIONS, NOT_AVAILABLE } from '../../src/config/combinations.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { previewUrl, type Config } from '../../src/config/config.ts';
import { describeConfig } from '../../src/config/describe-config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { VARIABLES, type VariableName } from '../../src/config/variables.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = Object.keys(VARIABLES) as VariableName[];

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'blueberry-config-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

function load(env: Record<string, string | undefined>): Config {
  return loadConfig({ ENVIRONMENT: 'development', ...env }, { cwd });
}

function faultsOf(env: Record<string, string | undefined>): ConfigError {
  try {
    load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`Nothing was found wrong with ${JSON.stringify(env)}`);
}

describe('defaults', () => {
  it('fit a laptop', () => {
    expect(load({})).toMatchObject({
      environment: 'development',
      host: '127.0.0.1',
      port: 8000,
      publicUrl: 'http://localhost:8000',
      secureCookies: false,
      dataDir: join(cwd, '.blueberry'),
      previewDomain: 'localhost',
      runtime: 'local-process',
      idleSleepMs: 0,
      quotas: { perOwner: 20, total: 100 },
      deployDeadlineMs: 900_000,
      pollLocalMs: 2_000,
      demoRepository: true,
    });
  });

  it('are production where ENVIRONMENT is not set, which local processes refuse by name', () => {
    const error = faultsOf({ ENVIRONMENT: undefined });
    expect(error.faults.map(({ name }) => name)).toEqual(['RUNTIME=local-process with ENVIRONMENT=production']);
  });

  it('are frozen all the way down', () => {
    const config = load({});
    expect(Object.isFrozen(config) && Object.isFrozen(config.quotas) && Object.isFrozen(config.consoleHosts)).toBe(
      true,
    );
  });
});

describe('the file .env', () => {
  it('is read, and the environment wins', () => {
    writeFileSync(
      join(cwd, '.env'),
      '# a comment\nPORT=9001\nPREVIEW_DOMAIN="preview.test" # behind it\nQUOTA_TOTAL=7\n',
    );
    expect(load({ PORT: '9002' })).toMatchObject({ port: 9002, previewDomain: 'preview.test', quotas: { total: 7 } });
  });

  it('counts where the environment has an empty value', () => {
    writeFileSync(join(cwd, '.env'), 'PORT=9001\nREDIS_URL=\n');
    expect(load({ PORT: '' })).toMatchObject({ port: 9001, redisUrl: null });
  });

  it('is a fault where it cannot be read', () => {
    mkdirSync(join(cwd, '.env'));
    expect(faultsOf({}).message).toContain(".env can't be read (EISDIR)");
  });
});

describe('faults', () => {
  it('are all told at once, each with its name and what to do', () => {
    const error = faultsOf({ PORT: '99999', LOG_LEVEL: 'loud', CONSOLE_HOSTS: 'a b', PUBLIC_URL: 'http://x/y' });
    expect(error.faults.map(({ name }) => name)).toEqual(['PORT', 'PUBLIC_URL', 'CONSOLE_HOSTS', 'LOG_LEVEL']);
    expect(error.message.split('\n')).toHaveLength(6);
    expect(error.message).toContain('PORT must be a whole number, not "99999". Give one from 1 to 65535.');
  });

  it.each<[VariableName, string[]]>([
    ['ENVIRONMENT', ['dev', 'Production']],
    ['HOST', ['a b', 'http://localhost', '127.0.0.1:8000']],
    ['PORT', ['0', '65536', '80.5', '-1', '0x50', 'NaN', '١٢']],
    ['PUBLIC_URL', ['localhost:8000', 'ftp://a', 'https://u:p@a', 'https://a/b', 'https://a?b']],
    ['CONSOLE_HOSTS', ['a:80', 'https://a', 'a,*.b']],
    ['PREVIEW_DOMAIN', ['127.0.0.1', '*.a.test', 'a..b', '-a', '::1']],
    ['STORE', ['postgres']],
    ['ROLE', ['worker']],
    ['REDIS_URL', ['localhost:6379', 'http://redis']],
    ['PROJECT_ID', ['My Project', '12345678']],
    ['ADMIN_EMAIL', ['admin', 'admin@localhost', 'a b@c.test']],
    ['BOOTSTRAP_TOKEN', ['nineteen-characters', 'has a space in it, and enough of letters']],
    ['IDLE_SLEEP_MINUTES', ['-1', '1e3', 'never']],
    ['CONCURRENT_BUILDS', ['0', '65', '1.5']],
    ['DEPLOY_DEADLINE_MINUTES', ['0', 'Infinity']],
    ['POLL_SECONDS_LOCAL', ['0', '2s']],
    ['DELETE_GONE_BRANCHES', ['yes', 'TRUE']],
    ['ALLOWED_PRIVATE_REGISTRY_HOSTS', ['registry:5000', 'https://registry', 'http://', 'http://registry/x', 'a,*.b']],
    ['TRUSTED_PROXY_HOPS', ['true', '11']],
  ])('are found in %s', (name, wrong) => {
    for (const value of wrong) {
      expect(faultsOf({ [name]: value }).faults.map((fault) => fault.name)).toContain(name);
    }
  });

  it('never show a credential of the GitOps repository', () => {
    const config = load({ GITOPS_CREDENTIAL: 'canary', GITOPS_REPOSITORY: 'https://me:canary@git.test/x.git' });
    expect(config.cluster.gitops.credential).toBe('canary');
    expect(JSON.stringify(describeConfig(config))).not.toContain('canary');
  });

  it('never repeat a secret', () => {
    const error = faultsOf({ BOOTSTRAP_TOKEN: 'canary one', REDIS_URL: 'canary://user:canary@host' });
    expect(error.message).not.toContain('canary');
    expect(error.faults).toHaveLength(2);
  });
});

describe('combinations that cannot be right', () => {
  const everything = { PROJECT_ID: 'blueberry-test', FIREBASE_API_KEY: 'key', REDIS_URL: 'redis://127.0.0.1' };

  it.each<[string, Record<string, string>]>([
    ['STORE=sqlite with ROLE=api', { ROLE: 'api' }],
    ['STORE=sqlite with ROLE=gateway', { ROLE: 'gateway' }],
    ['EVENT_BUS=memory with ROLE=controller', { ROLE: 'controller' }],
    ['RUNTIME=local-process with ROLE=api', { ROLE: 'api' }],
    ['RUNTIME=local-process with ENVIRONMENT=production', { ENVIRONMENT: 'production' }],
    ['RUNTIME=local-process with HOST=0.0.0.0', { HOST: '0.0.0.0' }],
    ['RUNTIME=local-process with HOST=192.168.1.4', { HOST: '192.168.1.4' }],
    ['RUNTIME=local-process with HOST=127.0.0.1.example.com', { HOST: '127.0.0.1.example.com' }],
    ['RUNTIME=local-process with GITOPS_MODE=git', { GITOPS_MODE: 'git' }],
    [
      'RUNTIME=argocd with ENVIRONMENT=production with PREVIEW_DOMAIN=localhost',
      { RUNTIME: 'argocd', ENVIRONMENT: 'production' },
    ],
    [
      'RUNTIME=argocd with ENVIRONMENT=production with WORKLOAD_CHART_REPOSITORY (not set)',
      { RUNTIME: 'argocd', ENVIRONMENT: 'production' },
    ],
    ['RUNTIME=argocd with STORE=firestore with INSTALLATION (not set)', { RUNTIME: 'argocd', STORE: 'firestore' }],
    ['RUNTIME=argocd with GITOPS_MODE=git with GITOPS_REPOSITORY (not set)', { RUNTIME: 'argocd', GITOPS_MODE: 'git' }],
    ['ENVIRONMENT=production with DEMO_REPOSITORY=true', { ENVIRONMENT: 'production', DEMO_REPOSITORY: 'true' }],
    ['PUBLIC_URL (among previews)', { PUBLIC_URL: 'https://console.p.test', PREVIEW_DOMAIN: 'p.test' }],
    ['CONSOLE_HOSTS (among previews)', { CONSOLE_HOSTS: 'ok.test,console.localhost' }],
    ['STORE=firestore with PROJECT_ID (not set)', { STORE: 'firestore', PROJECT_ID: '' }],
    ['OBJECT_STORAGE=gcs with PROJECT_ID (not set)', { OBJECT_STORAGE: 'gcs', PROJECT_ID: '' }],
    ['AUTH=firebase with FIREBASE_API_KEY (not set)', { AUTH: 'firebase', FIREBASE_API_KEY: '' }],
    ['AUTH=firebase with FIREBASE_PROJECT (not set) with PROJECT_ID (not set)', { AUTH: 'firebase', PROJECT_ID: '' }],
    ['EVENT_BUS=redis with REDIS_URL (not set)', { EVENT_BUS: 'redis', REDIS_URL: '' }],
  ])('%s', (name, env) => {
    const fault = faultsOf({ ...everything, ...env }).faults.find((found) => found.name === name);
    expect(fault?.problem).toMatch(/^can't be right: /);
    expect(fault?.remedy).not.toBe('');
  });

  it('are each reached by a row above', () => {
    expect(IMPOSSIBLE_COMBINATIONS).toHaveLength(18);
  });

  it('leave alone what is right', () => {
    for (const HOST of ['localhost', '127.0.0.1', '127.8.9.1', '::1', '[::1]'])
      expect(load({ HOST }).runtime).toBe('local-process');
    expect(load({ PUBLIC_URL: 'https://console.test', PREVIEW_DOMAIN: 'p.test' }).secureCookies).toBe(true);
  });

  it('are not told of a value that could not be read', () => {
    expect(faultsOf({ ENVIRONMENT: 'prod' }).faults).toHaveLength(1);
  });

  it.each(NOT_AVAILABLE.flatMap(({ name, values, instead }) => values.map((value) => [name, value, instead])))(
    '%s=%s is known but not available: use %s',
    (name, value, instead) => {
      const sentence = `${name}=${value} is not available in this version. Use ${instead}.`;
      expect(faultsOf({ ...everything, [name]: value }).message).toContain(sentence);
    },
  );
});

describe('what follows from other values', () => {
  it('hosts of the console are those that people may use for it', () => {
    const config = load({
      PUBLIC_URL: 'http://Console.Test:8000/',
      CONSOLE_HOSTS: ' A.test , ::1,',
      HOST: '127.0.0.1',
    });
    expect(config.publicUrl).toBe('http://console.test:8000');
    expect(config.consoleHosts).toEqual(['console.test', 'a.test', '[::1]', '127.0.0.1']);
  });

  it('previews have the scheme and the port of the console', () => {
    expect(previewUrl(load({ PORT: '8123' }), 'pr-42')).toBe('http://pr-42.localhost:8123');
    const https = load({ PUBLIC_URL: 'https://console.test', PREVIEW_DOMAIN: 'p.test' });
    expect(previewUrl(https, 'pr-42')).toBe('https://pr-42.p.test');
  });

  it('private registries may be named without TLS', () => {
    const hosts = ' Registry.Inside, http://127.0.0.1,http://[::1] ,';
    expect(load({ ALLOWED_PRIVATE_REGISTRY_HOSTS: hosts }).allowedPrivateRegistryHosts).toEqual([
      { host: 'registry.inside', plainHttp: false },
      { host: '127.0.0.1', plainHttp: true },
      { host: '::1', plainHttp: true },
    ]);
    expect(load({}).allowedPrivateRegistryHosts).toEqual([]);
  });

  it('fractions of minutes are for trying things out', () => {
    expect(load({ IDLE_SLEEP_MINUTES: '0.1' }).idleSleepMs).toBe(6_000);
  });

  it('the Firebase project is the project, unless it is named', () => {
    expect(load({ PROJECT_ID: 'blueberry-one' }).firebaseProject).toBe('blueberry-one');
    expect(load({ PROJECT_ID: 'blueberry-one', FIREBASE_PROJECT: 'blueberry-two' }).firebaseProject).toBe(
      'blueberry-two',
    );
  });
});

it('is described for the log without a secret', () => {
  const described = JSON.stringify(
    describeConfig(
      load({
        BOOTSTRAP_TOKEN: 'bb_canary-canary-canary',
        FIREBASE_API_KEY: 'canary',
        REDIS_URL: 'rediss://canary:canary@redis.test:6380/1?password=canary',
      }),
    ),
  );
  expect(described).not.toContain('canary');
  expect(described).toContain('rediss://redis.test:6380');
});

describe('what is written about it', () => {
  it('.env.example names every variable once, the four of the cloud first, with its default', () => {
    const lines = readFileSync(join(root, '.env.example'), 'utf8').split('\n');
    const given = lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('=') as [VariableName, string]);
    expect(given.slice(0, 4).map(([name]) => name)).toEqual([
      'PROJECT_ID',
      'FIREBASE_API_KEY',
      'FIREBASE_PROJECT',
      'ENVIRONMENT',
    ]);
    expect(given.map(([name]) => name).toSorted()).toEqual(names.toSorted());
    for (const [name, value] of given) {
      if (name !== 'ENVIRONMENT') expect([name, value]).toEqual([name, VARIABLES[name].fallback ?? '']);
    }
  });

  it('.env.example is a configuration that works', () => {
    writeFileSync(join(cwd, '.env'), readFileSync(join(root, '.env.example')));
    expect(loadConfig({}, { cwd })).toEqual(load({}));
  });

  it('docs/configuration.md has a row with the default and a meaning for every variable', () => {
    const text = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Z_]+)` *\| (.*?) *\| (.+) *\|$/gm)];
    expect(rows.map(([, name]) => name).toSorted()).toEqual(names.toSorted());
    for (const [, name, fallback, meaning] of rows) {
      const { fallback: expected } = VARIABLES[name as VariableName];
      expect([name, fallback]).toEqual([name, expected === null || expected === '' ? '' : `\`${expected}\``]);
      expect(meaning?.trim().length).toBeGreaterThan(20);
    }
  });
});
