import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RepositoryFile } from '../../src/core/repository-file.ts';
import type { RepositoryFileReader } from '../../src/ports/repository-file-reader.ts';
import {
  CHARTS_UNDERSTOOD,
  FAULTY_CHARTS,
  lines,
  type Faulty,
  type Understood,
} from './repository-file-reader.chart.ts';

const NOTHING: RepositoryFile = { build: [], run: null, health: null, values: {}, chart: null };

const UNDERSTOOD: readonly Understood[] = [
  ['nothing', '', {}],
  ['blanks', '\n  \n', {}],
  ['a comment', '# to be written\n', {}],
  ['a document of nothing', '---\n', {}],
  ['an empty map', '{}', {}],
  ['a byte order mark', '\ufeffrun: npm start\n', { run: 'npm start' }],
  ['lines that end as on Windows', 'build: make\r\nrun: npm start\r\n', { build: ['make'], run: 'npm start' }],
  ['one build command', 'build: npm ci', { build: ['npm ci'] }],
  [
    'several build commands',
    lines('build:', '  - npm ci', '  - npm run build'),
    { build: ['npm ci', 'npm run build'] },
  ],
  ['a command of several lines', lines('run: |', '  set -e', '  npm start'), { run: 'set -e\nnpm start' }],
  ['a health path', 'health: /healthz?full=1', { health: { path: '/healthz?full=1', timeoutSeconds: 60 } }],
  [
    'a health check',
    lines('health:', '  path: /up', '  timeout_seconds: 600'),
    { health: { path: '/up', timeoutSeconds: 600 } },
  ],
  [
    'variables of text, numbers and truth',
    lines('env:', '  A: text', '  B: 8080', '  C: true', '  D: "007"', '  E: 1.5', '  F: ""', '  _G1: yes'),
    { values: { env: { A: 'text', B: '8080', C: 'true', D: '007', E: '1.5', F: '', _G1: 'yes' } } },
  ],
  [
    'free values',
    lines('values:', '  replicas: 2', '  image: {tag: v1, pull: null}', '  hosts: [a, b]'),
    { values: { replicas: 2, image: { tag: 'v1', pull: null }, hosts: ['a', 'b'] } },
  ],
  [
    'variables beside those of the values, and over them',
    lines('env: {A: top}', 'values: {env: {A: below, B: below}, c: 1}'),
    { values: { env: { A: 'top', B: 'below' }, c: 1 } },
  ],
  [
    'an alias',
    lines('values:', '  base: &base {cpu: 1}', '  web: *base', '  worker: *base'),
    { values: { base: { cpu: 1 }, web: { cpu: 1 }, worker: { cpu: 1 } } },
  ],
  ...CHARTS_UNDERSTOOD,
  [
    'words that other formats take for truth',
    'env: {A: yes, B: off, C: 012, D: 1_000}',
    { values: { env: { A: 'yes', B: 'off', C: '012', D: '1_000' } } },
  ],
];

const bomb = lines(
  'values:',
  '  a: &a [x, x, x, x, x, x, x, x, x, x]',
  '  b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]',
  '  c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]',
  '  d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]',
  '  e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]',
  '  f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]',
);

const FAULTY: readonly Faulty[] = [
  ['an unknown key', lines('run: x', 'ports: 80'), [[2, /ports/]]],
  [
    'several unknown keys',
    lines('ports: 80', 'run: x', 'Run: y'),
    [
      [1, /ports/],
      [3, /Run/],
    ],
  ],
  ['an unknown key of the health check', lines('health:', '  path: /up', '  interval: 3'), [[3, /interval/]]],
  ['a key twice', lines('run: x', 'build: y', 'run: z'), [[3, /run|unique/]]],
  ['a variable twice', lines('env:', '  A: 1', '  A: 2'), [[3, /A|unique/]]],
  ['a list', '- run: x', [[1, /map/]]],
  ['a word', 'npm start', [[1, /map/]]],
  ['a command that is a number', lines('# first', 'run: 3000'), [[2, /run/]]],
  ['a command that is empty', 'run: "  "', [[1, /run/]]],
  ['a command that is a map', lines('run:', '  command: x'), [[1, /run/]]],
  ['a command that is a list', lines('run:', '  - x'), [[1, /run/]]],
  ['a command with a null character', 'run: "a\\0b"', [[1, /null/]]],
  ['a build that is a map', lines('build:', '  step: x'), [[1, /build/]]],
  [
    'build commands that are none',
    lines('build:', '  - npm ci', '  - 3', '  - ""', '  - [x]'),
    [
      [3, /build/],
      [4, /build/],
      [5, /build/],
    ],
  ],
  ['a health path without a slash', 'health: healthz', [[1, /health/]]],
  ['a health path of another host', 'health: http://x/', [[1, /health/]]],
  ['a health path with a line end', 'health: "/a\\r\\nHost: x"', [[1, /health/]]],
  ['a health check that is a number', 'health: 5', [[1, /health/]]],
  ['a timeout of nothing', lines('health:', '  path: /', '  timeout_seconds: 0'), [[3, /timeout_seconds/]]],
  ['a timeout that is too long', lines('health:', '  path: /', '  timeout_seconds: 601'), [[3, /timeout_seconds/]]],
  ['a timeout that is text', lines('health:', '  path: /', '  timeout_seconds: "5"'), [[3, /timeout_seconds/]]],
  ['variables that are a list', lines('env:', '  - A=1'), [[1, /env/]]],
  [
    'variables of other types',
    lines('env:', '  A: [1]', '  B: {x: 1}', '  C: null', '  D: .nan', '  E: ok'),
    [
      [2, /A/],
      [3, /B/],
      [4, /C/],
      [5, /D/],
    ],
  ],
  [
    'names that no variable can have',
    lines('env:', '  A-B: x', '  1A: x', '  "": x', '  A: ok'),
    [
      [2, /A-B/],
      [3, /1A/],
      [4, /name/],
    ],
  ],
  ['a variable with a null character', 'env: {A: "a\\0b"}', [[1, /A/]]],
  ['variables among the values that are none', lines('values:', '  env:', '    A: 1', '    B: x'), [[3, /A/]]],
  ['values that are a list', lines('values:', '  - a'), [[1, /values/]]],
  [
    'values that JSON can not hold',
    lines('values:', '  a: .inf', '  b: .nan'),
    [
      [2, /a/],
      [3, /b/],
    ],
  ],
  ['a key to the prototype', lines('values:', '  __proto__: {a: 1}'), [[2, /__proto__/]]],
  [
    'keys to the prototype, deep down',
    lines('values:', '  a:', '    - constructor: {prototype: {x: 1}}', '  prototype: 1'),
    [
      [3, /constructor/],
      [3, /prototype/],
      [4, /prototype/],
    ],
  ],
  ['a key to the prototype among the variables', lines('env:', '  constructor: x'), [[2, /constructor/]]],
  ['a key to the prototype at the top', lines('__proto__:', '  run: x'), [[1, /__proto__/]]],
  ['a merge', lines('values:', '  a: &a {x: 1}', '  b:', '    <<: *a'), [[4, /<</]]],
  [
    'a merge that reaches the prototype',
    lines('values:', '  <<: {__proto__: {x: 1}}'),
    [
      [2, /<</],
      [2, /__proto__/],
    ],
  ],
  ['an alias within what it names', lines('values:', '  a: &a', '    b: *a'), [[3, /\*a|a /]]],
  ['an alias within a list that it names', 'values: {a: &a [1, *a]}', [[1, /alias/]]],
  ['an alias of nothing', lines('values:', '  a: *nobody'), [[2, /nobody/]]],
  ['aliases that multiply', bomb, [[1, /alias/]]],
  ['two documents', lines('run: x', '---', 'run: y'), [[2, /document/]]],
  ['a tag', 'run: !!js/function x', [[1, /tag/]]],
  ['a tag of its own', lines('values:', '  a: !secret b'), [[2, /tag/]]],
  ['binary data', lines('values:', '  a: !!binary aGk='), [[2, /tag/]]],
  ['a key that is a list', lines('values:', '  [a, b]: c'), [[2, /key/]]],
  ['a quote that never ends', lines('build: x', 'run: "y'), [[2, /quote/]]],
  ['a tab for indentation', lines('values:', '\ta: 1'), [[2, /[Tt]ab/]]],
  ['nesting without end', `values: {a: ${'['.repeat(500)}${']'.repeat(500)}}`, [[1, /deep/]]],
  ['nothing but brackets', '['.repeat(200_000), [[1, /deep/]]],
  ['nothing but dashes', '- '.repeat(100_000), [[1, /deep/]]],
  ['more than 256 KiB', `run: x\n# ${'ä'.repeat(131_072)}\n`, [[1, /256 KiB/]]],
  ...FAULTY_CHARTS,
  [
    'faults of every kind at once',
    lines(
      'ports: 80',
      'run: 3',
      'env:',
      '  A-B: x',
      '  __proto__: y',
      'health: {path: up, timeout_seconds: 0}',
      'values: {<<: {a: 1}, b: !x c}',
    ),
    [
      [1, /ports/],
      [2, /run/],
      [4, /A-B/],
      [5, /__proto__/],
      [6, /path/],
      [6, /timeout_seconds/],
      [7, /<</],
      [7, /tag/],
    ],
  ],
];

/** What every RepositoryFileReader keeps to. */
export function describeRepositoryFileReaderContract(name: string, make: () => RepositoryFileReader): void {
  describe(`RepositoryFileReader contract: ${name}`, () => {
    const reader = make();

    it.each(UNDERSTOOD)('understands %s', (_what, text, file) => {
      expect(reader.read(text)).toEqual({ file: { ...NOTHING, ...file }, faults: null });
    });

    it.each(FAULTY)('finds the faults of %s', (_what, text, expected) => {
      const { file, faults } = reader.read(text);
      expect(file).toBeNull();
      const found = faults?.map(({ line, message }) => `${String(line)}: ${message}`) ?? [];
      expect(found, found.join('\n')).toHaveLength(expected.length);
      expect(faults?.map(({ line }) => line)).toEqual(expected.map(([line]) => line));
      for (const [index, [, about]] of expected.entries()) expect(faults?.[index]?.message).toMatch(about);
      for (const fault of faults ?? []) {
        expect(fault.message).not.toMatch(/[.\n]$/);
        expect(fault.message.length).toBeLessThan(400);
      }
    });

    it('takes the largest file that may be', () => {
      const text = 'run: x\n#';
      const padded = text + 'x'.repeat(256 * 1024 - text.length);
      expect(reader.read(padded).faults).toBeNull();
      expect(reader.read(`${padded}x`).faults).toHaveLength(1);
    });

    it('never throws, whatever the text, and gives every fault a line that the text has', () => {
      const word = fc.constantFrom(
        ...[
          'run',
          'build',
          'env',
          'health',
          'values',
          'chart',
          ':',
          ': ',
          '- ',
          '\n',
          '  ',
          '&a ',
          '*a',
          '[',
          ']',
          '{',
          '}',
        ],
        ...[
          '"',
          "'",
          '|',
          '>',
          '#',
          '!x ',
          '!!str ',
          '? ',
          '---',
          '...',
          '%YAML 1.1',
          '<<',
          '~',
          'A',
          '1',
          ',',
          '\t',
          '\r',
        ],
      );
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
      );
      fc.assert(
        fc.property(text, (input) => {
          const { file, faults } = reader.read(input);
          expect((file === null) !== (faults === null)).toBe(true);
          const count = input.split(/\r\n|\n|\r/).length;
          for (const { line } of faults ?? []) {
            expect(Number.isInteger(line)).toBe(true);
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(Math.max(count, 1));
          }
          if (file) expect(JSON.parse(JSON.stringify(file))).toEqual(file);
        }),
        { numRuns: 2_000 },
      );
    });

    it('does not touch any prototype', () => {
      for (const [, text] of FAULTY) reader.read(text);
      expect(({} as Record<string, unknown>)['a']).toBeUndefined();
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    });
  });
}
