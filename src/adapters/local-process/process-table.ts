import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** A pid alone is used again; together with the time of its start it names one process for ever. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; compared for equality. */
  readonly started: string;
}

/**
 * Whose processes: everything in its process groups, everything that carries the marker, wherever it went, and what
 * works in its folder without a terminal, as daemons do that have shed both. People's shells there are not among it.
 */
export interface ProcessOwner {
  readonly groups: readonly number[];
  readonly environmentId: string;
  /** Absolute and real: of the environment, or of the revision. */
  readonly folder: string;
  /** Left out: every revision of the environment. */
  readonly revision?: number | undefined;
}

export const ENVIRONMENT_MARKER = 'BLUEBERRY_ENVIRONMENT';
export const REVISION_MARKER = 'BLUEBERRY_REVISION';

const onLinux = process.platform === 'linux';
const bootId = onLinux ? readText('/proc/sys/kernel/random/boot_id').trim() : '';

/** Null when there is no such process, or only what is left of one that has ended and was not waited for. */
export function identityOf(pid: number): ProcessIdentity | null {
  const row = onLinux ? linuxRow(pid) : psRows(['-p', String(pid)])[0];
  return row ? { pid, started: row.started } : null;
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.started === identity.started;
}

/** Signals the process if it is still the same one. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    // It ended in between, which is what a signal is sent for.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * The process groups that the supervisors lead. The number of a leader that has ended may name a stranger's group by
 * now: where markers find what is left of it, it is not trusted.
 */
export function groupsOf(supervisors: readonly ProcessIdentity[]): number[] {
  return supervisors
    .filter((leader) => isAlive(leader) || (!onLinux && identityOf(leader.pid) === null))
    .map(({ pid }) => pid);
}

/**
 * Every living process of the owner. Markers and folders can be read on Linux alone; elsewhere only the group is found.
 * A program that leaves its group, empties its environment and works in another folder is not found anywhere.
 */
export function processesOf(owner: ProcessOwner): ProcessIdentity[] {
  return processTable()
    .filter((row) => belongsTo(row, owner))
    .map(({ pid, started }) => ({ pid, started }));
}

export interface ProcessRow extends ProcessIdentity {
  readonly group: number;
  /** Of its environment variables as it was started with them; null where they can't be read. */
  readonly environmentId: string | null;
  readonly revision: string | null;
  /** Of a process of this user that has no terminal; else null. */
  readonly workingFolder: string | null;
}

type Signs = Pick<ProcessRow, 'environmentId' | 'revision' | 'workingFolder'>;

export function belongsTo(row: ProcessRow, owner: ProcessOwner): boolean {
  if (owner.groups.includes(row.group)) return true;
  if (row.workingFolder !== null && `${row.workingFolder}/`.startsWith(`${owner.folder}/`)) return true;
  if (row.environmentId !== owner.environmentId) return false;
  return owner.revision === undefined || row.revision === String(owner.revision);
}

/** Every process of this machine that this user can look at. Takes about 10 µs a process on Linux. */
export function processTable(): ProcessRow[] {
  if (!onLinux) return psRows(['-A']);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const row = linuxRow(Number(name));
    if (!row) return [];
    return [{ ...row, ...markersOf(row.pid), workingFolder: row.hasTerminal ? null : workingFolderOf(row.pid) }];
  });
}

/** See proc_pid_stat(5). The command in parentheses may hold anything, a closing parenthesis too. */
function linuxRow(pid: number): (Omit<ProcessRow, keyof Signs> & { readonly hasTerminal: boolean }) | null {
  const stat = readText(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, group, terminal, ticks] = [fields[0], fields[2], fields[4], fields[19]];
  if (group === undefined || ticks === undefined || state === 'Z' || state === 'X') return null;
  return { pid, group: Number(group), started: `${bootId}/${ticks}`, hasTerminal: terminal !== '0' };
}

/** Another user's process may be anywhere: it is none that an environment started. */
function workingFolderOf(pid: number): string | null {
  try {
    return statSync(`/proc/${pid}`).uid === process.getuid?.() ? readlinkSync(`/proc/${pid}/cwd`) : null;
  } catch {
    return null;
  }
}

function markersOf(pid: number): Omit<Signs, 'workingFolder'> {
  const variables = `\0${readText(`/proc/${pid}/environ`)}`;
  return { environmentId: variable(variables, ENVIRONMENT_MARKER), revision: variable(variables, REVISION_MARKER) };
}

function variable(variables: string, name: string): string | null {
  const at = variables.indexOf(`\0${name}=`);
  if (at < 0) return null;
  const start = at + name.length + 2;
  const end = variables.indexOf('\0', start);
  return variables.slice(start, end < 0 ? undefined : end);
}

function psRows(which: readonly string[]): ProcessRow[] {
  let table: string;
  try {
    table = execFileSync('ps', [...which, '-o', 'pid=,pgid=,state=,lstart='], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    // ps ends with 1 when it finds no such process.
    if ((error as { status?: number | null }).status === 1) return [];
    throw error;
  }
  return table.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
    if (match?.[4] === undefined || match[3]?.startsWith('Z')) return [];
    const signs: Signs = { environmentId: null, revision: null, workingFolder: null };
    return [{ pid: Number(match[1]), group: Number(match[2]), started: match[4], ...signs }];
  });
}

/** Empty when it can't be read: the process has ended, or belongs to someone else. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
