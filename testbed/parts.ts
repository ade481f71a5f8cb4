import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Go in the version that Argo CD asks for; the package of this version on PyPI. */
export const GO_VERSION = '1.27.3';

export type PartName = 'control-plane' | 'argocd' | 'kwok' | 'helm' | 'crane' | 'fake-gcs-server' | 'gateway-api';

/** One thing that the test cluster is made of, kept in a folder of its own. */
export interface Part {
  name: PartName;
  /** Go module that it comes from. */
  module: string;
  version: string;
  /** Name of its folder in the cache: changes whenever its content would. */
  key: string;
}

/** Source of the two programs that are ours: other people's servers, linked together. */
export const goFolder = (name: 'control-plane' | 'argocd'): string =>
  fileURLToPath(new URL(`./go/${name}`, import.meta.url));

/** What is kept of a part besides the program; raise it when that changes, so that the part is made anew. */
const LAYOUT = 1;

export const parts: Readonly<Record<PartName, Part>> = {
  'control-plane': ownProgram('control-plane', 'k8s.io/kubernetes'),
  argocd: ownProgram('argocd', 'github.com/argoproj/argo-cd/v3'),
  kwok: published('kwok', 'sigs.k8s.io/kwok', 'v0.8.0'),
  helm: published('helm', 'helm.sh/helm/v4', 'v4.3.1'),
  crane: published('crane', 'github.com/google/go-containerregistry', 'v0.22.1'),
  'fake-gcs-server': published('fake-gcs-server', 'github.com/fsouza/fake-gcs-server', 'v1.56.1'),
  'gateway-api': published('gateway-api', 'sigs.k8s.io/gateway-api', 'v1.7.0'),
};

/** Part that is taken as its authors publish it. */
function published(name: PartName, module: string, version: string): Part {
  return { name, module, version, key: `${name}-${version}-${digest(module, version)}` };
}

/** Part that is built from a program of ours; its go.mod says the version of what it links. */
function ownProgram(name: 'control-plane' | 'argocd', module: string): Part {
  const read = (file: string): string => readFileSync(`${goFolder(name)}/${file}`, 'utf8');
  const goMod = read('go.mod');
  const required = goMod.split('\n').find((line) => line.replace('require ', '').trim().startsWith(`${module} v`));
  const version = required?.trim().split(' ').at(-1);
  if (version === undefined) throw new Error(`${goFolder(name)}/go.mod does not require ${module}.`);
  return { name, module, version, key: `${name}-${version}-${digest(goMod, read('go.sum'), read('main.go'))}` };
}

function digest(...texts: string[]): string {
  const hash = createHash('sha256');
  for (const text of [GO_VERSION, String(LAYOUT), process.platform, process.arch, ...texts]) hash.update(`${text}\0`);
  return hash.digest('hex').slice(0, 8);
}
