import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { latentStore } from '../support/latent-store.ts';
import { sampleUser } from '../support/sample-records.ts';
import { createTestApp, type Reply, type TestApp, type TestUser } from '../support/test-app.ts';

describe('the last administrator', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await createTestApp({ decorateStore: latentStore });
  });
  afterEach(() => app.dispose());

  const makeMember = ({ id }: TestUser, token?: string): Promise<Reply> =>
    app.request('PATCH', `/api/users/${id}`, { body: { role: 'member' }, ...(token === undefined ? {} : { token }) });

  it('is found among however many users', async () => {
    const members = Array.from({ length: 1_200 }, (_, number) => `usr_${String(number).padStart(26, '0')}`);
    await app.store.commit(
      members.map((id) => ({
        op: 'put',
        kind: 'user',
        id,
        record: sampleUser(id, { email: `${id}@example.invalid` }),
      })),
      [],
    );
    const alone = await makeMember(app.administrator);
    expect([alone.status, alone.body.type]).toEqual([409, '/docs/problems#last_administrator']);
    const second = await app.user('administrator');
    expect((await makeMember(app.administrator)).status).toBe(200);
    expect((await makeMember(second, second.token)).status).toBe(409);
  });

  it('can not be lost by two who give it up at the same moment', async () => {
    const second = await app.user('administrator');
    const replies = await Promise.all([makeMember(app.administrator), makeMember(second, second.token)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});
