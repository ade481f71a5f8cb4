import type { ClusterAccess } from '../../testbed/cluster/access.ts';
import { createGitOpsRemote, type GitOpsRemote } from './gitops-remote.ts';
import { installGitOpsRoot, type GitOpsRoot } from './gitops-root.ts';
import { openKubernetes } from './kubernetes.ts';

/** Of the environments in the repository. */
export const GITOPS_FOLDER = 'gitops/environments';

/** A GitOps repository that nobody else commits to, and the Application that makes Argo CD keep to it. */
export interface GitOpsWorld {
  readonly remote: GitOpsRemote;
  readonly root: GitOpsRoot;
  /** Paths of the files of environments at the head of its branch. */
  files(): Promise<string[]>;
  /** What the root has made stays. */
  dispose(): Promise<void>;
}

/** @param name of the root Application and of its project */
export async function createGitOpsWorld({ kubeconfig }: ClusterAccess, name: string): Promise<GitOpsWorld> {
  const remote = await createGitOpsRemote({ [`${GITOPS_FOLDER}/README.md`]: 'One file an environment.\n' });
  const administrator = await openKubernetes(kubeconfig);
  const root = await installGitOpsRoot(administrator, name, `file://${remote.path}`);
  return {
    remote,
    root,
    files: async () => (await remote.files(`${GITOPS_FOLDER}/`)).filter((file) => file.endsWith('.yaml')),
    async dispose() {
      await root.remove();
      administrator.close();
      await remote.dispose();
    },
  };
}
