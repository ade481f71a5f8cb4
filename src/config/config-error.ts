/** One thing that is wrong with the configuration. */
export interface ConfigFault {
  /** The variable, or the combination of several: `STORE=sqlite with ROLE=api`. */
  readonly name: string;
  /** What is wrong, said of `name` and without a full stop: "must be a number". Never repeats a secret. */
  readonly problem: string;
  /** What to do, a sentence. */
  readonly remedy: string;
}

/** Everything that is wrong with the configuration, at once. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map(({ name, problem, remedy }) => `  ${name} ${problem}. ${remedy}`);
    const count = faults.length === 1 ? 'a fault' : `${String(faults.length)} faults`;
    super(`The configuration has ${count}:\n${lines.join('\n')}\ndocs/configuration.md explains every variable.`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}
