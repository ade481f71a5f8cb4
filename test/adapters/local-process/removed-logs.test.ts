import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { newKey } from '../../contract/environment-runtime.stage.ts';
import { createLocalStage, type LocalStage } from '../../support/local-stage.ts';
import { eventually } from '../../support/product.ts';

const DAY_MS = 24 * 60 * 60_000;

let stage: LocalStage;
afterEach(() => stage.dispose());

it('removes kept logs a month after the environment, and no sooner', async () => {
  stage = await createLocalStage();
  const other = newKey('other');
  for (const key of [stage.key, other]) {
    await stage.put('serving', key.name, { key });
    await stage.untilServing(1, key);
    await stage.untilGone(key);
  }
  const folder = join(stage.harness.folder, 'environments', '.removed-logs');
  expect((await readdir(folder)).sort()).toEqual([stage.key.id, other.id].sort());
  const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
  await utimes(join(folder, stage.key.id), daysAgo(29.9), daysAgo(29.9));
  await utimes(join(folder, other.id), daysAgo(30.1), daysAgo(30.1));
  await stage.restart();
  await eventually(async () => ((await readdir(folder)).includes(other.id) ? null : true), 5_000);
  expect(await readdir(folder)).toEqual([stage.key.id]);
  expect((await stage.lines()).map(({ text }) => text)).toContain('serving contract');
});
