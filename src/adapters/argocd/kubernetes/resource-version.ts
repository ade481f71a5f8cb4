/**
 * Whether a version of an object comes before another one of the same kind. They are decimal numbers that grow
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions); of anything else nothing is said.
 */
export function isOlderVersion(version: string, than: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}
