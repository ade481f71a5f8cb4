/** Where things are: all that Git takes from the user while it stays on this machine. */
const LOCAL = ['PATH', 'TMPDIR'] as const;

/** For the way to a remote: whom to trust, who one is, and how to get out; and the user's own settings with the same. */
const REMOTE = [
  'HOME',
  'USER',
  'LOGNAME',
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

type Environment = Readonly<Record<string, string>>;

/**
 * The environment of Git where it stays on this machine. No settings of the user or the machine count, since any of them
 * (how logs look, filters, attributes) could change what is read or checked out.
 */
export function localGitEnvironment(userEnvironment: Environment): Environment {
  return {
    ...taken(userEnvironment, LOCAL),
    ...COMMON,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
  };
}

/** The environment of Git where it goes to a remote. No protocol is allowed yet. */
export function remoteGitEnvironment(userEnvironment: Environment): Environment {
  return { ...taken(userEnvironment, [...LOCAL, ...REMOTE]), ...COMMON };
}

/** Messages are in English, since they are read. */
const COMMON: Environment = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_OPTIONAL_LOCKS: '0',
};

function taken(userEnvironment: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(userEnvironment).filter(([name]) => names.includes(name)));
}
