import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { DesiredComponent, EnvironmentKey } from '../../ports/environment-runtime.ts';
import { ENVIRONMENT_MARKER, REVISION_MARKER } from './process-table.ts';

export interface CommandEnvironmentInput {
  readonly userEnvironment: Readonly<Record<string, string>>;
  readonly key: EnvironmentKey;
  readonly revision: number;
  readonly component: Pick<DesiredComponent, 'env' | 'secretEnv' | 'branch' | 'commit'>;
  /** Null while building. */
  readonly port: number | null;
  /** `demo.localhost:8000`. */
  readonly host: string;
}

/** Of the user's own variables a command gets these: what finds programs, and says who, where and in which language. */
const ALLOWED: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TMP', 'TEMP'],
  ...[
    'XDG_CACHE_HOME',
    'XDG_CONFIG_HOME',
    'XDG_DATA_HOME',
    'XDG_STATE_HOME',
    'XDG_RUNTIME_DIR',
    '__CF_USER_TEXT_ENCODING',
  ],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'],
  ...['JAVA_HOME', 'JDK_HOME', 'M2_HOME', 'MAVEN_HOME', 'GRADLE_HOME', 'GRADLE_USER_HOME', 'SDKMAN_DIR'],
  ...[
    'GOROOT',
    'GOPATH',
    'GOCACHE',
    'GOMODCACHE',
    'GOPROXY',
    'GOTOOLCHAIN',
    'CARGO_HOME',
    'RUSTUP_HOME',
    'RUSTUP_TOOLCHAIN',
  ],
  ...['NVM_DIR', 'NVM_BIN', 'FNM_DIR', 'FNM_MULTISHELL_PATH', 'N_PREFIX', 'VOLTA_HOME', 'COREPACK_HOME', 'PNPM_HOME'],
  ...['BUN_INSTALL', 'DENO_DIR', 'DENO_INSTALL', 'ASDF_DIR', 'ASDF_DATA_DIR', 'MISE_DATA_DIR', 'HOMEBREW_PREFIX'],
  ...['PYENV_ROOT', 'CONDA_PREFIX', 'CONDA_EXE', 'UV_CACHE_DIR', 'PIP_CACHE_DIR', 'PIPX_HOME', 'POETRY_HOME'],
  ...['RBENV_ROOT', 'GEM_HOME', 'GEM_PATH', 'BUNDLE_PATH', 'COMPOSER_HOME', 'MIX_HOME', 'HEX_HOME'],
  ...['DOTNET_ROOT', 'ANDROID_HOME', 'ANDROID_SDK_ROOT', 'PLAYWRIGHT_BROWSERS_PATH', 'NIX_PATH', 'NIX_SSL_CERT_FILE'],
]);

/** Shorter texts turn up by chance: nobody keeps a secret in `true`, and every log has it. */
const MASKED_MIN_LENGTH = 6;

/**
 * Everything that a command of an environment finds in its environment, whoever started Blueberry and how. Of equal
 * names the later wins: the user's own, the values, the secrets, ours.
 *
 * `HOST` is not among ours: no program needs it to serve `PORT`, and to some it is their public name.
 */
export function commandEnvironment(input: CommandEnvironmentInput): Record<string, string> {
  const { userEnvironment, key, revision, component, port, host } = input;
  const values = Object.entries({ ...component.env, ...component.secretEnv });
  return {
    ...allowedOf(userEnvironment),
    // Python holds back what it prints to a file or a pipe; a log that is read live should be live.
    PYTHONUNBUFFERED: '1',
    ...Object.fromEntries(values.filter(([name]) => name !== 'PORT' && !name.startsWith('BLUEBERRY_'))),
    ...(port === null ? {} : { PORT: String(port) }),
    [ENVIRONMENT_MARKER]: key.id,
    [REVISION_MARKER]: String(revision),
    BLUEBERRY_NAME: key.name,
    BLUEBERRY_URL: `http://${host}`,
    BLUEBERRY_BRANCH: component.branch,
    BLUEBERRY_COMMIT: component.commit,
  };
}

function allowedOf(userEnvironment: Readonly<Record<string, string>>): Record<string, string> {
  const allowed = Object.entries(userEnvironment).filter(([name]) => ALLOWED.has(name) || name.startsWith('LC_'));
  return Object.fromEntries(
    allowed.map(([name, value]) => [name, name === 'PATH' ? withoutFoldersOfNpm(value) : value]),
  );
}

/** `npm run` puts the `node_modules/.bin` of each folder upwards in front, and a folder of its own. */
function withoutFoldersOfNpm(path: string): string {
  return path
    .split(delimiter)
    .filter((folder) => {
      const plain = folder.replaceAll('\\', '/').replace(/\/+$/, '');
      return folder !== '' && !plain.endsWith('node_modules/.bin') && !plain.endsWith('/node-gyp-bin');
    })
    .join(delimiter);
}

/** What the log must not show: every secret, and each line of those that have several. */
export function maskedTexts(secretEnv: Readonly<Record<string, string>>): string[] {
  const texts = Object.values(secretEnv).flatMap((value) => value.split(/\r?\n/));
  return [...new Set(texts.map((text) => text.trim()))].filter((text) => text.length >= MASKED_MIN_LENGTH);
}

/** Whether a command of an environment finds a program of this name. */
export function hasProgram(userEnvironment: Readonly<Record<string, string>>, name: string): boolean {
  const folders = (allowedOf(userEnvironment)['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
