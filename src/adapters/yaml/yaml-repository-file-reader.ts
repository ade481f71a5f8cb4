import type { z } from 'zod';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { FileFault } from '../../core/repository-file.ts';
import { environmentVariableFaults } from '../../core/values.ts';
import type { RepositoryFileReader } from '../../ports/repository-file-reader.ts';
import { repositoryFileSchema } from './repository-file-schema.ts';
import { nameOf, readYamlTree, type Path, type TreeFault, type YamlTree } from './yaml-tree.ts';

const MAX_BYTES = 256 * 1024;
const MAX_FAULTS = 50;

type Result = ReturnType<RepositoryFileReader['read']>;

/** Reads `blueberry.yaml` as YAML 1.2. Variables may be numbers and truth values: their text is taken as it stands there. */
export function createYamlRepositoryFileReader(): RepositoryFileReader {
  return { read };
}

function read(text: string): Result {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return refused([{ line: 1, message: `the file is larger than ${String(MAX_BYTES / 1024)} KiB` }]);
  }
  const tree = readYamlTree(text, (path) => path.length === 2 && path[0] === 'env');
  const content = tree.value ?? {};
  if (!isJsonObject(content)) {
    const message = 'the file must be a map of `build`, `run`, `health`, `env`, `values` and `chart`';
    return refused([...tree.faults, { line: tree.lineOf([]), message }]);
  }
  const parsed = repositoryFileSchema.safeParse(content);
  const faults = [
    ...tree.faults,
    ...beyond(tree.faults, parsed.success ? [] : parsed.error.issues.flatMap((issue) => issueFaults(issue, [], tree))),
    ...beyond(tree.faults, variableFaults(content, tree)),
  ];
  if (faults.length > 0 || !parsed.success) return refused(faults);
  const { build, run, health, env, values, chart } = parsed.data;
  const chartValues = values as JsonObject;
  // `env` at the top is the short form of `values.env`, and wins over it.
  const merged =
    Object.keys(env).length === 0 ? chartValues : { ...chartValues, env: { ...asObject(chartValues['env']), ...env } };
  return { file: { build, run, health, values: merged, chart }, faults: null };
}

/** What a place is said to be wrong with once is enough: where the tree is at fault, its value is not what was meant. */
function beyond(known: readonly TreeFault[], faults: readonly TreeFault[]): readonly TreeFault[] {
  return faults.filter(({ path }) => !known.some((fault) => fault.path !== null && isAtOrAbove(fault.path, path)));
}

function isAtOrAbove(upper: Path, lower: Path | null): boolean {
  return lower !== null && upper.every((part, index) => part === lower[index]);
}

function variableFaults(content: JsonObject, tree: YamlTree): readonly TreeFault[] {
  return environmentVariableFaults(asObject(content['values'])).map(({ path, message }) => {
    const at = ['values', ...path];
    return { path: at, line: tree.lineOf(at), message: `${nameOf(at)} ${message}` };
  });
}

/** The faults of one issue: unknown keys each at their own line, unions by their own sentence. */
function issueFaults(issue: z.core.$ZodIssue, prefix: Path, tree: YamlTree): readonly TreeFault[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = [...path, key];
      return { path: at, line: tree.lineOf(at), message: `${nameOf(at)} is not a key that is known here` };
    });
  }
  if (issue.code === 'invalid_union') {
    // The form whose shape fits says what is wrong in it; where no shape fits, the union's own sentence does.
    const closest = issue.errors.find((errors) =>
      errors.some((inner) => inner.path.length > 0 || inner.code !== 'invalid_type'),
    );
    if (closest) return closest.flatMap((inner) => issueFaults(inner, path, tree));
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ path, line: tree.lineOf(path), message: `${nameOf(path)} ${message}` }];
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function refused(faults: readonly FileFault[]): Result {
  const inOrder = faults
    .map(({ line, message }): FileFault => ({ line, message }))
    .toSorted((left, right) => left.line - right.line);
  return { file: null, faults: inOrder.slice(0, MAX_FAULTS) };
}
