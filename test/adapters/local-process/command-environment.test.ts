import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  commandEnvironment,
  maskedTexts,
  type CommandEnvironmentInput,
} from '../../../src/adapters/local-process/command-environment.ts';
import { createLocalStage, type LocalStage } from '../../support/local-stage.ts';

function environmentOf(change: Partial<CommandEnvironmentInput> = {}): Record<string, string> {
  return commandEnvironment({
    userEnvironment: {},
    key: { id: 'env_x', name: 'demo' },
    revision: 3,
    component: { env: {}, secretEnv: {}, branch: 'main', commit: 'abc' },
    port: 4711,
    host: 'demo.localhost:8000',
    ...change,
  });
}

const withValues = (env: Record<string, string>, secretEnv: Record<string, string> = {}): Record<string, string> =>
  environmentOf({ component: { env, secretEnv, branch: 'main', commit: 'abc' } });

describe('the environment of a command', () => {
  it('says where to listen and what runs', () => {
    expect(environmentOf()).toEqual({
      PYTHONUNBUFFERED: '1',
      PORT: '4711',
      BLUEBERRY_ENVIRONMENT: 'env_x',
      BLUEBERRY_REVISION: '3',
      BLUEBERRY_NAME: 'demo',
      BLUEBERRY_URL: 'http://demo.localhost:8000',
      BLUEBERRY_BRANCH: 'main',
      BLUEBERRY_COMMIT: 'abc',
    });
    expect(environmentOf({ port: null })).not.toHaveProperty('PORT');
  });

  it.each(['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'HTTPS_PROXY', 'no_proxy', 'NODE_EXTRA_CA_CERTS', 'GOPATH'])(
    'has the %s of the user',
    (name) => {
      expect(environmentOf({ userEnvironment: { [name]: '/of/the/user' } })).toMatchObject({ [name]: '/of/the/user' });
    },
  );

  it.each([
    ...['BOOTSTRAP_TOKEN', 'DATA_DIR', 'ENVIRONMENT', 'PORT_OF_MINE', 'AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN'],
    ...['npm_config_registry', 'npm_package_name', 'NODE_OPTIONS', 'NODE_ENV', 'INIT_CWD', 'LD_PRELOAD', 'GIT_DIR'],
    ...['SSH_AUTH_SOCK', 'FIREBASE_API_KEY', 'path', 'HOST'],
  ])('does not have the %s of the user', (name) => {
    expect(JSON.stringify(environmentOf({ userEnvironment: { [name]: 'canary' } }))).not.toContain('canary');
  });

  it('finds programs where the user does, not where npm has put folders in front', () => {
    const folders = [
      '/work/node_modules/.bin',
      '/node_modules/.bin/',
      '/npm/node-gyp-bin',
      '',
      '/usr/bin',
      '/my_modules/.bin',
    ];
    const { PATH } = environmentOf({ userEnvironment: { PATH: folders.join(':') } });
    expect(PATH).toBe('/usr/bin:/my_modules/.bin');
  });

  it('is made of the user, the values, the secrets and ours, the later before the earlier', () => {
    const userEnvironment = { LANG: 'user', TZ: 'user', HOME: 'user' };
    const component = { env: { LANG: 'value', TZ: 'value' }, secretEnv: { LANG: 'secret' }, branch: 'b', commit: 'c' };
    expect(environmentOf({ userEnvironment, component })).toMatchObject({ LANG: 'secret', TZ: 'value', HOME: 'user' });
    expect(withValues({ PYTHONUNBUFFERED: '' })).toMatchObject({ PYTHONUNBUFFERED: '' });
  });

  it('lets no value take the place of what Blueberry decides', () => {
    const stolen = { PORT: '1', BLUEBERRY_ENVIRONMENT: 'env_other', BLUEBERRY_REVISION: '9', BLUEBERRY_ANYTHING: 'x' };
    expect(withValues(stolen, stolen)).toEqual(environmentOf());
  });
});

it('masks each secret that is long enough to be one, line by line', () => {
  expect(maskedTexts({ A: 's3cret-1', B: 'true', C: '', D: 's3cret-1', E: ' -----BEGIN\r\nabcdefgh\nxyz\n' })).toEqual([
    's3cret-1',
    '-----BEGIN',
    'abcdefgh',
  ]);
});

describe('a real command', () => {
  let stage: LocalStage;
  afterEach(() => stage.dispose());

  it('finds no secret of the control plane, when it is built or run', async () => {
    vi.stubEnv('CANARY_TOKEN', 'secret-4711');
    const userEnvironment = { BOOTSTRAP_TOKEN: 'secret-4712', LANG: 'C.UTF-8' };
    stage = await createLocalStage({ userEnvironment });
    const program = `
      const told = JSON.stringify({ env: process.env, built: require('node:fs').readFileSync('built.txt', 'utf8') });
      require('node:http').createServer((q, s) => s.end(told)).listen(process.env.PORT, '127.0.0.1');`;
    await stage.putFiles({ 'blueberry.yaml': 'build: env > built.txt\nrun: exec node s.js\n', 's.js': program });
    await stage.untilServing(1);
    const { body } = await stage.ask();
    expect(body).not.toMatch(/secret-471|CANARY|BOOTSTRAP/);
    const { env, built } = JSON.parse(body) as { env: Record<string, string>; built: string };
    expect(env).toMatchObject({ LANG: 'C.UTF-8', BLUEBERRY_REVISION: '1', BLUEBERRY_NAME: stage.key.name });
    expect(env['PORT']).toMatch(/^\d+$/);
    expect(built).toContain('BLUEBERRY_REVISION=1');
    expect(built).not.toMatch(/^PORT=/m);
  });

  it('shows no secret value in its log, and no other file of Blueberry holds one', async () => {
    stage = await createLocalStage();
    const component = await stage.harness.componentOf({
      'blueberry.yaml': 'build: echo "building with $KEY"\nrun: exec node s.js\n',
      's.js': `console.log('running with ' + process.env.KEY);
        require('node:http').createServer((q, s) => s.end()).listen(process.env.PORT, '127.0.0.1');`,
    });
    await stage.runtime.ensure(stage.desired({ ...component, secretEnv: { KEY: 'sealed-4713' } }));
    await stage.untilServing(1);
    await stage.untilLine('running with ***');
    await stage.untilLine('building with ***');
    expect(await stage.harness.filesWith('sealed-4713')).toEqual([]);
  });
});
