import { createLocalStage } from './local-stage.ts';

// A control plane of one environment, which stays until it is killed. Its argument is JSON of the files of the commit and
// of how long the environment lives; it prints JSON of where it works and, when that is known, of what answers.
const { files, livesMs, serves } = JSON.parse(process.argv[2] ?? '') as {
  readonly files: Readonly<Record<string, string>>;
  readonly livesMs: number;
  readonly serves: boolean;
};
const stage = await createLocalStage();
const expiresAt = new Date(Date.now() + livesMs).toISOString();
await stage.putFiles(files, { expiresAt });
if (serves) await stage.untilServing(1);
const said = serves ? (await stage.ask()).body : null;
const { folder, repository } = stage.harness;
process.stdout.write(`${JSON.stringify({ folder, repository, expiresAt, said })}\n`);
setInterval(() => undefined, 60_000);
