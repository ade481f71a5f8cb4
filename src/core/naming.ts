/** An environment's name is the first label of its host name (RFC 1123), and `--` is kept for services (`NAME--api`). */
const NAME_MAX_LENGTH = 40;
const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** Helm refuses longer release names, and Argo CD's label tracking breaks beyond them. */
const KUBERNETES_NAME_MAX_LENGTH = 53;

/** What is wrong with a name, or null when nothing is. */
export function nameFault(name: string): string | null {
  if (name.length === 0) return 'must not be empty';
  if (name.length > NAME_MAX_LENGTH) return `must have at most ${String(NAME_MAX_LENGTH)} characters`;
  if (!NAME.test(name)) {
    return 'must be a DNS label: lower-case letters a-z, digits and hyphens, with a letter or digit at both ends';
  }
  if (name.includes('--')) return 'must not contain two hyphens in a row';
  return null;
}

/** A valid name made of a branch: `feature/Login Page` becomes `feature-login-page`. */
export function deriveName(branch: string): string {
  const label = branch
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, NAME_MAX_LENGTH)
    .replace(/^-+|-+$/g, '');
  return label === '' ? 'environment' : label;
}

/** `base` with a number behind it, cut so that both fit. */
export function numberedName(base: string, number: number): string {
  const suffix = `-${String(number)}`;
  return `${base.slice(0, NAME_MAX_LENGTH - suffix.length).replace(/-+$/, '')}${suffix}`;
}

/** Name of everything that an environment owns in a cluster: unique for the record, also when names are used again. */
export function kubernetesName(name: string, id: string): string {
  const suffix = id.replace(/[^a-z0-9]/g, '').slice(-6);
  const head = `env-${name}`.slice(0, KUBERNETES_NAME_MAX_LENGTH - suffix.length - 1).replace(/-+$/, '');
  return `${head}-${suffix}`;
}
