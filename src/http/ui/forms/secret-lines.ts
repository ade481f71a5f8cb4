export interface SecretLines {
  /** Name of the environment variable to its value. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Sentences that begin with the line; they never repeat what was typed. */
  readonly faults: readonly string[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads `NAME=value`, one on each line. Empty lines and those that begin with `#` say nothing. */
export function readSecretLines(text: string): SecretLines {
  const secrets: Record<string, string> = {};
  const faults: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const where = `Line ${String(index + 1)}`;
    const separator = line.indexOf('=');
    const name = line.slice(0, Math.max(separator, 0)).trim();
    if (separator === -1) faults.push(`${where} must be NAME=value.`);
    else if (!NAME.test(name)) faults.push(`${where} must begin with a name that an environment variable can have.`);
    else if (Object.hasOwn(secrets, name)) faults.push(`${where} names a variable that a line before has named.`);
    else secrets[name] = line.slice(separator + 1).trim();
  }
  return { secrets, faults };
}
