import { afterEach, expect, it } from 'vitest';
import { hasFailed, newKey } from '../../contract/environment-runtime.stage.ts';
import { eventually } from '../../support/product.ts';
import { createLocalStage, type LocalStage } from '../../support/local-stage.ts';

let stage: LocalStage;
afterEach(() => stage.dispose());

const NEXT = { push: 'Correct it and push; the next commit is deployed by itself.' };

const CASES: readonly [cause: string, files: Record<string, string>, reason: string, says: readonly string[]][] = [
  [
    'a build step',
    { 'blueberry.yaml': 'build: [echo compiling, echo "no widget" >&2; exit 4]\nrun: node s.js\n' },
    'BuildFailed',
    ['`echo "no widget" >&2; exit 4` failed with exit code 4: compiling / no widget.', NEXT.push],
  ],
  [
    'an install step',
    {
      'package.json': JSON.stringify({
        name: 'x',
        version: '1.0.0',
        scripts: { start: 'node s.js' },
        dependencies: { gone: 'file:./gone.tgz' },
      }),
    },
    'InstallFailed',
    ['`npm install` failed', NEXT.push],
  ],
  [
    'a script of npm, which announces what it runs',
    {
      'package.json': JSON.stringify({
        name: 'x',
        version: '1.0.0',
        scripts: { build: 'echo "no widget" >&2; exit 4', start: 'node s.js' },
      }),
    },
    'BuildFailed',
    ['`npm run build` failed with exit code 4: no widget.', NEXT.push],
  ],
  [
    'a program of a build step that is not there',
    { 'blueberry.yaml': 'build: no-such-compiler --fast\nrun: node s.js\n' },
    'CommandNotFound',
    ['`no-such-compiler` was not found (in `no-such-compiler --fast`)'],
  ],
  [
    'a start command that may not be executed',
    { 'blueberry.yaml': 'run: ./start\n', start: '#!/bin/sh\n' },
    'CommandNotFound',
    ['`./start` may not be executed'],
  ],
  [
    'nothing to run',
    { 'notes.txt': 'x' },
    'NoWayToRun',
    ['no blueberry.yaml', 'Procfile', 'package.json', 'index.html'],
  ],
  [
    'a build that leaves no site',
    { 'package.json': '{"scripts": {"build": "true"}}' },
    'NoWayToRun',
    ['The build left no index.html'],
  ],
  [
    'a full disk',
    { 'blueberry.yaml': 'build: echo "No space left on device" >&2; exit 1\nrun: node s.js\n' },
    'DiskFull',
    ['Free some disk space'],
  ],
  ['a signal', { 'blueberry.yaml': 'run: kill -SEGV $$\n' }, 'Crashed', ['crashed 2 times in a row', 'SIGSEGV']],
];

it.each(CASES)('says what is wrong with %s', async (_cause, files, reason, says) => {
  stage = await createLocalStage();
  await stage.putFiles(files);
  const { progress } = await stage.until('failed', hasFailed);
  expect(progress).toMatchObject({ diagnosis: { reason } });
  const message = progress?.step === 'failed' ? progress.diagnosis.message : '';
  for (const part of says) expect(message).toContain(part);
});

it('says that a commit is gone', async () => {
  stage = await createLocalStage();
  const component = await stage.harness.component('serving', 'one');
  await stage.runtime.ensure(stage.desired({ ...component, commit: '0123456789012345678901234567890123456789' }));
  const { progress } = await stage.until('failed', hasFailed);
  expect(progress).toMatchObject({ diagnosis: { reason: 'CommitGone' } });
});

it.each([
  ['../..', 'leads out of the repository'],
  ['absent', 'does not exist in this commit'],
  ['blueberry.yaml', 'is not a folder'],
  ['out', 'leads out of the repository'],
])('runs nothing in the path %s: it %s', async (path, fault) => {
  stage = await createLocalStage();
  await stage.harness.link('out', '/tmp');
  const component = await stage.harness.component('serving', 'one');
  await stage.runtime.ensure(stage.desired({ ...component, path }));
  const { progress } = await stage.until('failed', hasFailed);
  expect(progress).toMatchObject({ diagnosis: { reason: 'NoWayToRun' } });
  expect(JSON.stringify(progress)).toContain(fault);
});

it('keeps what serves when the next revision can not be built, and takes the one after that', async () => {
  stage = await createLocalStage();
  await stage.put('serving', 'one');
  await stage.untilServing(1);
  await stage.putFiles({ 'blueberry.yaml': 'build: exit 4\nrun: exec node server.js\n' }, { revision: 2 });
  const seen = await stage.until('failed', hasFailed);
  expect(seen).toMatchObject({ serving: { revision: 1 }, progress: { diagnosis: { reason: 'BuildFailed' } } });
  expect((await stage.ask()).body).toBe('one');
  await stage.put('serving', 'three', { revision: 3 });
  await stage.untilServing(3);
  expect((await stage.ask()).body).toBe('three');
});

it('ends a build that takes longer than a deployment may, stays with that, and gives its slot to the next', async () => {
  stage = await createLocalStage({ limits: { deployDeadlineMs: 1_000, concurrentBuilds: 1 } });
  const stubborn = 'build: trap "" TERM; while true; do sleep 0.1; done\nrun: node s.js\n';
  await stage.putFiles({ 'blueberry.yaml': stubborn });
  await stage.until('building', ({ progress }) => progress?.step === 'waiting' && progress.reason === 'Building');
  const next = newKey('next');
  await stage.putFiles({ 'blueberry.yaml': 'build: exec sleep 4712\nrun: node s.js\n' }, { key: next });
  const { progress } = await stage.until('failed', hasFailed);
  expect(progress).toMatchObject({ diagnosis: { reason: 'BuildFailed' } });
  expect(JSON.stringify(progress)).toContain('longer than 1 s');
  await stage.until('failed', hasFailed, next);
  await eventually(async () => {
    const left = await stage.harness.leftovers();
    return left.some((name) => name.startsWith('process')) ? null : true;
  });
  expect((await stage.runtime.observe(stage.key)).progress).toEqual(progress);
});

it('waits no longer for an application to listen than a deployment may take', async () => {
  stage = await createLocalStage({ limits: { deployDeadlineMs: 1_500 } });
  await stage.putFiles({ 'blueberry.yaml': 'health: { path: /, timeout_seconds: 60 }\nrun: exec sleep 4711\n' });
  const { progress } = await stage.until('failed', hasFailed);
  expect(JSON.stringify(progress)).toContain('after 1.5 s');
});
