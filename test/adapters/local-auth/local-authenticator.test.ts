import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalAuthenticator } from '../../../src/adapters/local-auth/local-authenticator.ts';
import { hashPassword, verifyPassword } from '../../../src/adapters/local-auth/password-hash.ts';
import { EVERYTHING } from '../../../src/core/permissions.ts';
import type { Authenticator, LocalAccounts } from '../../../src/ports/authenticator.ts';
import type { EnvironmentStore } from '../../../src/ports/environment-store.ts';
import { localAccounts, type LocalAccountsFixture } from '../../support/local-accounts.ts';
import { identifiers } from '../../support/sample-records.ts';
import { steppedClock, type SteppedClock } from '../../support/stepped-clock.ts';

const PASSWORD = 'correct horse battery staple';
const DAY_MS = 86_400_000;

/** Sign-in over the same store, with something that happens around its commits. */
function localAuthenticatorOver(
  accounts: LocalAccountsFixture,
  commit: EnvironmentStore['commit'],
): Authenticator & LocalAccounts {
  return createLocalAuthenticator({ store: { ...accounts.store, commit }, clock: steppedClock(), identifiers });
}

describe('local sign-in', () => {
  let clock: SteppedClock;
  let accounts: LocalAccountsFixture;
  let ann: string;
  beforeEach(async () => {
    clock = steppedClock();
    accounts = await localAccounts(clock);
    ann = await accounts.addUser('ann@example.org');
  });
  afterEach(async () => {
    await accounts.dispose();
  });

  const byPassword = (password: string, email = 'ann@example.org') =>
    accounts.authenticator.startSession({ kind: 'password', email, password });
  const byLink = (secret: string) => accounts.authenticator.startSession({ kind: 'link', secret });
  const setPassword = (password: string, current: string | null = null, sessionCookie: string | null = null) =>
    accounts.authenticator.setPassword(ann, { password, current, sessionCookie });
  const inAnHour = () => new Date(clock.now() + 3_600_000).toISOString();

  it('lets one of many use a link, however many try at once', async () => {
    const secret = await accounts.authenticator.createSignInLink(ann, inAnHour());
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => byLink(secret)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'unauthenticated' });
    }
    expect((await accounts.store.list(EVERYTHING, 'session', { limit: 10 })).items).toHaveLength(1);
  });

  it('takes a link until it ends, and not at that moment', async () => {
    const [first, second] = [
      await accounts.authenticator.createSignInLink(ann, inAnHour()),
      await accounts.authenticator.createSignInLink(ann, inAnHour()),
    ];
    await clock.advance(3_599_999);
    await byLink(first);
    await clock.advance(1);
    await expect(byLink(second)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('does not use up the link of somebody who is disabled', async () => {
    const secret = await accounts.authenticator.createSignInLink(ann, inAnHour());
    await accounts.changeUser(ann, { disabled: true });
    await expect(byLink(secret)).rejects.toMatchObject({ kind: 'unauthenticated' });
    await accounts.changeUser(ann, { disabled: false });
    await byLink(secret);
  });

  it('ends a session after five days', async () => {
    await setPassword(PASSWORD);
    const { cookie, expiresAt } = await byPassword(PASSWORD);
    expect(Date.parse(expiresAt) - clock.now()).toBe(5 * DAY_MS);
    await clock.advance(5 * DAY_MS - 1);
    expect(await accounts.authenticator.identify(cookie)).not.toBeNull();
    await clock.advance(1);
    expect(await accounts.authenticator.identify(cookie)).toBeNull();
  });

  it('keeps no secret, only what it can be recognised by', async () => {
    await setPassword(PASSWORD);
    const secret = await accounts.authenticator.createSignInLink(ann, inAnHour());
    const { cookie } = await byPassword(PASSWORD);
    const password = await accounts.store.get(EVERYTHING, 'password', ann);
    expect(password?.record.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await accounts.store.get(EVERYTHING, 'session', identifiers.digest(cookie))).not.toBeNull();
    expect(await accounts.store.get(EVERYTHING, 'sign_in_link', identifiers.digest(secret))).not.toBeNull();
    for (const kind of ['session', 'sign_in_link'] as const) {
      const everything = JSON.stringify((await accounts.store.list(EVERYTHING, kind, { limit: 10 })).items);
      expect(everything).not.toContain(cookie);
      expect(everything).not.toContain(secret);
    }
  });

  it('starts no session for somebody who is disabled or given another password in the middle of it', async () => {
    await setPassword(PASSWORD);
    for (const change of [
      () => accounts.changeUser(ann, { disabled: true }),
      () => setPassword(`${PASSWORD}!`, PASSWORD),
    ]) {
      await accounts.changeUser(ann, { disabled: false });
      const commit = accounts.store.commit.bind(accounts.store);
      const interrupted = localAuthenticatorOver(accounts, async (...args) => {
        if (args[0].some(({ kind }) => kind === 'session')) await change();
        return commit(...args);
      });
      await expect(
        interrupted.startSession({ kind: 'password', email: 'ann@example.org', password: PASSWORD }),
      ).rejects.toMatchObject({ kind: 'unauthenticated' });
      expect((await accounts.store.list(EVERYTHING, 'session', { limit: 10 })).items).toEqual([]);
    }
  });

  it('does not mind that somebody changes their name in the middle of it', async () => {
    await setPassword(PASSWORD);
    const commit = accounts.store.commit.bind(accounts.store);
    let renamed = 0;
    const interrupted = localAuthenticatorOver(accounts, async (...args) => {
      if (renamed < 3 && args[0].some(({ kind }) => kind === 'session')) {
        renamed += 1;
        await accounts.changeUser(ann, { name: `Ann ${String(renamed)}` });
      }
      return commit(...args);
    });
    await interrupted.startSession({ kind: 'password', email: 'ann@example.org', password: PASSWORD });
    expect(renamed).toBe(3);
  });

  it('finds people whatever the case of their e-mail address', async () => {
    await setPassword(PASSWORD);
    await byPassword(PASSWORD, ' Ann@Example.ORG ');
  });

  it('has nothing to do with people whom another service vouches for', async () => {
    const bob = await accounts.addUser('bob@example.org', { issuer: 'https://accounts.example' });
    const secret = await accounts.authenticator.createSignInLink(bob, inAnHour());
    await expect(byLink(secret)).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(
      accounts.authenticator.setPassword(bob, { password: PASSWORD, current: null, sessionCookie: null }),
    ).rejects.toMatchObject({ kind: 'not_found' });
  });

  describe('passwords', () => {
    it.each([
      ['11 letters', 'a'.repeat(11), false],
      ['12 letters', 'a'.repeat(12), true],
      ['12 characters of two code units', '🫐'.repeat(12), true],
      ['11 characters of two code units', '🫐'.repeat(11), false],
      ['12 letters that are 6 when composed', 'a\u0308'.repeat(6), false],
      ['1024 letters', 'a'.repeat(1024), true],
      ['1025 letters', 'a'.repeat(1025), false],
      ['a text that grows beyond the limit', '\ufdfa'.repeat(1000), false],
      ['a megabyte', 'a'.repeat(1_000_000), false],
    ])('%s', async (_what, password, accepted) => {
      const set = setPassword(password);
      if (accepted) {
        await set;
        await byPassword(password);
      } else {
        await expect(set).rejects.toMatchObject({
          kind: 'invalid',
          faults: [{ loc: ['body', 'password'], msg: 'must have from 12 to 1024 characters' }],
        });
        await expect(byPassword(password)).rejects.toMatchObject({ kind: 'unauthenticated' });
      }
    });

    it('are the same from every keyboard', async () => {
      await setPassword('Bl\u00e4ubeeren!!');
      await byPassword('Bla\u0308ubeeren!!');
      await expect(byPassword('Blaubeeren!!')).rejects.toMatchObject({ kind: 'unauthenticated' });
    });

    it('replace the one before', async () => {
      await setPassword(PASSWORD);
      await setPassword('another password', PASSWORD);
      await expect(byPassword(PASSWORD)).rejects.toMatchObject({ kind: 'unauthenticated' });
      await byPassword('another password');
    });

    it('are set with all that they end in one commit, and end what was begun by the old one in the middle of it', async () => {
      await setPassword(PASSWORD);
      const { cookie } = await byPassword(PASSWORD);
      await byPassword(PASSWORD);
      await accounts.authenticator.createSignInLink(ann, inAnHour());
      const commits: string[][] = [];
      const intruder = localAuthenticatorOver(accounts, async (writes, preconditions) => {
        if (commits.length === 0) await byPassword(PASSWORD);
        commits.push(writes.map(({ op, kind }) => `${op} ${kind}`).sort());
        return accounts.store.commit(writes, preconditions);
      });
      await intruder.setPassword(ann, { password: 'another password', current: PASSWORD, sessionCookie: cookie });
      expect(commits[0]).toEqual(['delete session', 'delete sign_in_link', 'put password', 'put session']);
      expect((await accounts.store.list(EVERYTHING, 'sign_in_link', { limit: 10 })).items).toEqual([]);
      const sessions = await accounts.store.list(EVERYTHING, 'session', { limit: 10 });
      expect(sessions.items.map(({ id }) => id)).toEqual([identifiers.digest(cookie)]);
    });

    it('of two at once, by the same old one, are set once', async () => {
      await setPassword(PASSWORD);
      const outcomes = await Promise.allSettled(
        ['first new password', 'second new password'].map((password) => setPassword(password, PASSWORD)),
      );
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { kind: 'invalid', faults: [{ loc: ['body', 'current_password'] }] },
      });
    });

    it('take as long to refuse for an address that nobody has', async () => {
      await setPassword(PASSWORD);
      async function timeOf(email: string): Promise<number> {
        const start = performance.now();
        await byPassword('not the password', email).catch(() => undefined);
        return performance.now() - start;
      }
      // In turn, so that what else the machine does slows down both; the shortest is the one that was least disturbed.
      let [known, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let round = 0; round < 12; round += 1) {
        known = Math.min(known, await timeOf('ann@example.org'));
        unknown = Math.min(unknown, await timeOf('nobody@example.org'));
      }
      expect(unknown).toBeGreaterThan(known / 2);
      expect(unknown).toBeLessThan(known * 2);
    });
  });
});

describe('password hashes', () => {
  it('verify what was hashed, and nothing else', async () => {
    const hash = await hashPassword(PASSWORD);
    expect(await verifyPassword(PASSWORD, hash)).toBe(true);
    expect(await verifyPassword(`${PASSWORD}.`, hash)).toBe(false);
    expect(await hashPassword(PASSWORD)).not.toBe(hash);
  });

  it('verify what was hashed with other settings', async () => {
    // Made by the reference implementation: printf 'password' | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32 -e
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await verifyPassword('password', reference)).toBe(true);
    expect(await verifyPassword('Password', reference)).toBe(false);
  });

  it('are refused when they are none', async () => {
    for (const hash of [null, '', 'x', '$argon2i$v=19$m=1,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA', '$2b$10$x']) {
      expect(await verifyPassword(PASSWORD, hash)).toBe(false);
    }
  });
});
