/**
 * What Argo CD blames for the health of an Application, as `Deployment web`; null where it says nothing. Since 3.6 it says
 * `Caused by apps/Deployment:namespace/web`.
 */
export function culprits(message: string | undefined): string | null {
  const found = [...(message ?? '').matchAll(/(\w+):[^/\s,]+\/([^\s,)]+)/g)].map(
    ([, kind = '', name = '']) => `${kind} ${name}`,
  );
  return found.length === 0 ? null : found.slice(0, 3).join(', ');
}
