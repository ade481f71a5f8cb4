import { dirname, join, matchesGlob, relative } from 'node:path';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { isFile, readTextFile, type ComponentFolder } from './repository-files.ts';

export interface PackageManager {
  readonly name: Name;
  /** Installs what development needs too, whatever NODE_ENV says: builds are made of it. */
  readonly install: string;
  readonly installLabel: string;
}

type Name = 'npm' | 'pnpm' | 'yarn';

/** Whether commands find a program of this name. */
export type HasProgram = (name: string) => boolean;

/** What a folder says about its package manager. */
interface Evidence {
  readonly folder: string;
  /** Of `packageManager` in its package.json, which Corepack reads as well. */
  readonly asked: { readonly name: Name; readonly major: number } | null;
  readonly locks: readonly Name[];
  /** Yarn 2 and later keep their settings in a file of its own. */
  readonly hasYarnSettings: boolean;
}

/** Of several the first is believed. */
const LOCK_FILES: readonly (readonly [string, Name])[] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
];

/**
 * Which package manager a package is for: the nearest folder that says so decides, upwards from its own to the root of
 * the repository. It is held to the nearest lock file, if that is its own or of a workspace that it belongs to.
 */
export async function packageManagerOf(component: ComponentFolder, hasProgram: HasProgram): Promise<PackageManager> {
  const manager = await ownPackageManager(component);
  return hasProgram(manager.name) ? manager : throughNpm(manager);
}

/** Where only npm is there it fetches the package manager for the install; scripts are the same to all of them. */
function throughNpm({ name, install, installLabel }: PackageManager): PackageManager {
  const isClassic = name === 'pnpm' || install.includes('--production=false');
  return {
    name: 'npm',
    // Yarn 2 and later are no packages that could be fetched and called like that.
    install: isClassic
      ? `npm exec --yes --package=${name === 'yarn' ? 'yarn@1' : name} -- ${install}`
      : 'npm install --include=dev --no-audit --no-fund --no-package-lock',
    installLabel: isClassic ? installLabel : 'npm install',
  };
}

async function ownPackageManager({ folder, checkout }: ComponentFolder): Promise<PackageManager> {
  const evidence = await Promise.all(foldersUpwards(folder, checkout).map(evidenceIn));
  const nearest = evidence.find(({ asked, locks }) => asked !== null || locks.length > 0);
  const name = nearest?.asked?.name ?? nearest?.locks[0] ?? 'npm';
  const locked = evidence.find(({ locks }) => locks.includes(name))?.folder;
  const isLocked = locked !== undefined && (locked === folder || (await isMember(folder, locked, name)));
  switch (name) {
    case 'npm':
      return isLocked
        ? { name, install: 'npm ci --include=dev --no-audit --no-fund', installLabel: 'npm ci' }
        : {
            name,
            install: 'npm install --include=dev --no-audit --no-fund --no-package-lock',
            installLabel: 'npm install',
          };
    case 'pnpm': {
      const option = isLocked ? '--frozen-lockfile' : '--no-lockfile';
      return { name, install: `pnpm install ${option} --prod=false`, installLabel: 'pnpm install' };
    }
    case 'yarn': {
      const isLater = evidence.some(({ asked, hasYarnSettings }) => hasYarnSettings || (asked?.major ?? 1) > 1);
      const options = isLater
        ? isLocked
          ? '--immutable'
          : '--no-immutable'
        : `${isLocked ? '--frozen-lockfile' : '--no-lockfile'} --production=false`;
      return { name, install: `yarn install ${options}`, installLabel: 'yarn install' };
    }
  }
}

/** From the folder to the root, both included. */
function foldersUpwards(folder: string, root: string): string[] {
  const parent = dirname(folder);
  return folder === root || parent === folder ? [folder] : [folder, ...foldersUpwards(parent, root)];
}

async function evidenceIn(folder: string): Promise<Evidence> {
  const found = await Promise.all(LOCK_FILES.map(([file]) => isFile(join(folder, file))));
  const { packageManager } = await readManifest(folder);
  const asked = typeof packageManager === 'string' ? /^(npm|pnpm|yarn)@(\d+)\./.exec(packageManager) : null;
  return {
    folder,
    asked: asked && { name: asked[1] as Name, major: Number(asked[2]) },
    locks: LOCK_FILES.filter((_file, index) => found[index]).map(([, owner]) => owner),
    hasYarnSettings: await isFile(join(folder, '.yarnrc.yml')),
  };
}

/** Whether a folder belongs to the workspace whose root is further up, so that its lock file is for both. */
async function isMember(folder: string, root: string, name: Name): Promise<boolean> {
  if (name === 'pnpm') return isFile(join(root, 'pnpm-workspace.yaml'));
  const { workspaces } = await readManifest(root);
  const listed = isJsonObject(workspaces) ? workspaces['packages'] : workspaces;
  const patterns = (Array.isArray(listed) ? listed : []).filter((pattern) => typeof pattern === 'string');
  const path = relative(root, folder);
  const matches = (pattern: string): boolean => matchesGlob(path, pattern.replace(/^\.\/|\/$/g, ''));
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))
  );
}

/** The package.json of a folder; an empty one where there is none that can be read. */
async function readManifest(folder: string): Promise<JsonObject> {
  const text = await readTextFile(join(folder, 'package.json'));
  try {
    const content: unknown = JSON.parse((text ?? '').replace(/^\uFEFF/, ''));
    return isJsonObject(content) ? content : {};
  } catch {
    return {};
  }
}
