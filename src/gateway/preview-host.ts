/** One label of a host name (RFC 1123). */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads the first label of `LABEL.PREVIEW_DOMAIN`, in lower case, out of a Host header, whatever the port and the case;
 * null for every other host. Whether an environment has that name is another question.
 */
export function createPreviewHostMatch(previewDomain: string): (host: string | undefined) => string | null {
  const suffix = `.${previewDomain.toLowerCase()}`;
  return (host) => {
    if (host === undefined) return null;
    const name = host
      .toLowerCase()
      .replace(/:\d{0,5}$/, '')
      .replace(/\.$/, '');
    if (!name.endsWith(suffix)) return null;
    const label = name.slice(0, -suffix.length);
    return LABEL.test(label) ? label : null;
  };
}
