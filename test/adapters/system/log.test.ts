import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from '../../../src/adapters/system/log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void, level: LogOptions['level'] = 'info'): string[] {
  const lines: string[] = [];
  write(createLog({ level, destination: { write: (line) => lines.push(line) } }));
  return lines;
}

const CANARY = 'c4n4ry-5ecret-v4lue';

describe('log', () => {
  it('writes one JSON object a line, with time, level, fields and message', () => {
    const lines = logged((log) => log.warn({ environment: 'env_1', attempt: 2 }, 'Trying again.'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      environment: 'env_1',
      attempt: 2,
      msg: 'Trying again.',
    });
  });

  it('writes what the level lets through', () => {
    const all = (log: ReturnType<typeof createLog>): void => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({}, level);
    };
    const messages = (level: LogOptions['level']) =>
      logged(all, level).map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages('debug')).toEqual(['debug', 'info', 'warn', 'error']);
    expect(messages('info')).toEqual(['info', 'warn', 'error']);
    expect(messages('error')).toEqual(['error']);
    expect(messages('silent')).toEqual([]);
  });

  it.each([
    { authorization: `Basic ${CANARY}` },
    { headers: { Authorization: CANARY, 'Set-Cookie': [CANARY], cookie: CANARY, 'x-api-key': CANARY } },
    { request: { body: { user: { password: CANARY } } } },
    { list: [{ credential: CANARY }, { deep: [{ linkSecret: CANARY }] }] },
    { secrets: { DATABASE_URL: CANARY } },
    { secretEnv: { A: CANARY } },
    { token: CANARY, tokens: [CANARY], accessToken: CANARY, sealedCredential: CANARY },
    { text: `used bb_${CANARY}${CANARY} today`, also: [`bbs_${CANARY}_${CANARY}`] },
    { url: `https://user:${CANARY}@git.example.org/acme/web.git` },
    { header: `Bearer ${CANARY}` },
    {
      error: new Error(`clone of https://${CANARY}@git.example.org failed`, {
        cause: new Error(`bb_${CANARY}${CANARY}`),
      }),
    },
    { a: { b: { c: { d: { e: { f: { g: { h: { i: { password: CANARY } } } } } } } } } },
  ])('keeps secrets out: %j', (fields) => {
    const [line = ''] = logged((log) => log.info(fields, 'Something happened.'));
    expect(line).toContain('Something happened.');
    expect(line).not.toContain(CANARY);
  });

  it('keeps secrets out of the message, too', () => {
    const [line = ''] = logged((log) =>
      log.error({}, `Token bb_${CANARY}${CANARY} from ssh://x:${CANARY}@host/y failed.`),
    );
    expect(line).not.toContain(CANARY);
    expect(JSON.parse(line)).toMatchObject({ msg: 'Token bb_[redacted] from ssh://[redacted]@host/y failed.' });
  });

  it('leaves everything else as it is', () => {
    const fields = {
      tokenId: 'tok_1',
      environment: 'env_abcdefghijklmnopqrstuvwxyz',
      url: 'https://git.example.org/acme/web.git?a=b@c',
      mail: 'ann@example.org',
      tokens: 3,
      secret: null,
      passwordSet: true,
      nested: { list: [1, 'two', null, { three: 3 }] },
    };
    const [line = ''] = logged((log) => log.info(fields, 'As it is.'));
    expect(JSON.parse(line)).toMatchObject(fields);
  });

  it('survives what refers to itself and what is very deep, and says of an error what it is', () => {
    const cyclic: Record<string, unknown> = { name: 'cycle' };
    cyclic['self'] = cyclic;
    const [first = '', second = ''] = logged((log) => {
      log.info(cyclic, 'Cycle.');
      log.info({ error: new TypeError('Not a function') }, 'Error.');
    });
    expect(first).toContain('Cycle.');
    expect(JSON.parse(second)).toMatchObject({ error: { type: 'TypeError', message: 'Not a function' } });
  });

  it('does not let a message forge a line', () => {
    const lines = logged((log) => log.info({ branch: 'x\n{"level":"error"}' }, 'a\n{"msg":"forged"}'));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain('\n');
  });
});
