import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { goFolder, type Part, type PartName } from '../parts.ts';
import type { Go } from './go.ts';

type Make = (part: Part, go: Go, target: string) => Promise<void>;

/** Makes the part in the folder `target`, which is empty: programs in `bin`, what has to be applied as JSON. */
export async function makePart(part: Part, go: Go, target: string): Promise<void> {
  await mkdir(join(target, 'bin'));
  await makers[part.name](part, go, target);
}

const makers: Record<PartName, Make> = {
  'control-plane': async ({ version }, go, target) => {
    const [major = '', minor = ''] = version.slice(1).split('.');
    const base = 'k8s.io/component-base/version';
    await go.build(goFolder('control-plane'), join(target, 'bin/control-plane'), {
      [`${base}.gitVersion`]: version,
      [`${base}.gitMajor`]: major,
      [`${base}.gitMinor`]: minor,
    });
    const names = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];
    await link(target, 'control-plane', names);
  },

  argocd: async ({ module, version }, go, target) => {
    const variables = { [`${module}/common.version`]: version.slice(1) };
    await go.build(goFolder('argocd'), join(target, 'bin/argocd'), variables);
    await link(target, 'argocd', ['argocd-application-controller', 'argocd-repo-server']);
    const sources = await go.sources(module, version);
    // The module's archive has them without the run bit; repo-server calls them by name.
    for (const script of ['git-verify-wrapper.sh', 'gpg-wrapper.sh']) {
      await copyFile(join(sources, 'hack', script), join(target, 'bin', script));
      await chmod(join(target, 'bin', script), 0o755);
    }
    const definitions = ['application-crd.yaml', 'appproject-crd.yaml'];
    await collectDefinitions(
      definitions.map((file) => join(sources, 'manifests/crds', file)),
      target,
    );
  },

  kwok: async ({ module, version }, go, target) => {
    await go.install(`${module}/cmd/kwok`, version, join(target, 'bin'));
    const kustomize = join(await go.sources(module, version), 'kustomize');
    const stages = ['node/fast', 'node/heartbeat-with-lease', 'volume/fast'];
    await mkdir(join(target, 'stages'));
    for (const folder of stages) await copyStages(join(kustomize, 'stage', folder), join(target, 'stages'));
    const definitions = ['kwok.x-k8s.io_clusterlogs.yaml', 'kwok.x-k8s.io_clusterportforwards.yaml'];
    await collectDefinitions(
      definitions.map((file) => join(kustomize, 'crd/bases', file)),
      target,
    );
  },

  helm: ({ module, version }, go, target) => go.install(`${module}/cmd/helm`, version, join(target, 'bin')),

  crane: ({ module, version }, go, target) => go.install(`${module}/cmd/crane`, version, join(target, 'bin')),

  'fake-gcs-server': ({ module, version }, go, target) => go.install(module, version, join(target, 'bin')),

  'gateway-api': async ({ module, version }, go, target) => {
    const folder = join(await go.sources(module, version), 'config/crd/standard');
    await collectDefinitions(
      (await readdir(folder)).map((file) => join(folder, file)),
      target,
    );
  },
};

/** One binary that goes by several names. */
async function link(target: string, binary: string, names: readonly string[]): Promise<void> {
  for (const name of names) await symlink(binary, join(target, 'bin', name));
}

/** Writes the custom resource definitions that are in the files to `definitions.json`: JSON is read in no time. */
async function collectDefinitions(files: readonly string[], target: string): Promise<void> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const documents = texts
    .flatMap((text) => parseAllDocuments(text))
    .map((one) => one.toJS() as { kind: string } | null);
  const definitions = documents.filter((document) => document?.kind === 'CustomResourceDefinition');
  await writeFile(join(target, 'definitions.json'), JSON.stringify(definitions));
}

async function copyStages(from: string, to: string): Promise<void> {
  for (const file of await readdir(from)) {
    const text = file.endsWith('.yaml') ? await readFile(join(from, file), 'utf8') : '';
    if (text.includes('\nkind: Stage\n')) await writeFile(join(to, file), text);
  }
}
