/** What Git and ssh may take from the user's own environment: where things are, whom to trust, and how to get out. */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'XDG_CONFIG_HOME',
  'SSH_AUTH_SOCK',
  'GIT_SSL_CAINFO',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTPS_PROXY',
  'https_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
] as const;

/** The environment of every Git process. Messages are in English, since they are read. */
export function gitEnvironment(userEnvironment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const env: Record<string, string> = {
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_OPTIONAL_LOCKS: '0',
  };
  for (const name of INHERITED) {
    const value = userEnvironment[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
