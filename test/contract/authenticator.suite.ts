import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Authenticator, Identity, SignInProof } from '../../src/ports/authenticator.ts';

/** Somebody who may sign in. */
export interface Person {
  readonly identity: Identity;
  /** A fresh proof that is good for one sign-in. */
  proof(): Promise<SignInProof>;
  /** Proofs of every form that look like this person's and are not. */
  wrongProofs(): Promise<readonly SignInProof[]>;
  /** From now on this person may not be signed in. */
  disable(): Promise<void>;
}

/** A sign-in service of its own for one test, that knows nobody at first. */
export interface AuthenticatorHarness {
  readonly authenticator: Authenticator;
  addPerson(email: string): Promise<Person>;
  /** Proofs of people whom nobody has added. */
  strangersProofs(): readonly SignInProof[];
  /** Another one over the same sign-in service, as another replica has it. */
  openAnother(): Promise<Authenticator>;
  dispose(): Promise<void>;
}

const REFUSED = { kind: 'unauthenticated' };

/** What every Authenticator keeps to. */
export function describeAuthenticatorContract(name: string, makeHarness: () => Promise<AuthenticatorHarness>): void {
  describe(`Authenticator contract: ${name}`, () => {
    let harness: AuthenticatorHarness;
    let authenticator: Authenticator;
    beforeEach(async () => {
      harness = await makeHarness();
      authenticator = harness.authenticator;
    });
    afterEach(async () => {
      await harness.dispose();
    });

    it('starts a session that says who it is, to every replica', async () => {
      const ann = await harness.addPerson('ann@example.org');
      const session = await authenticator.startSession(await ann.proof());
      expect(session.identity).toEqual(ann.identity);
      expect(Date.parse(session.expiresAt)).toBeGreaterThan(Date.now());
      expect(await authenticator.identify(session.cookie)).toEqual(ann.identity);
      expect(await (await harness.openAnother()).identify(session.cookie)).toEqual(ann.identity);
    });

    it('takes the forms of proof that it says it takes, and refuses the others like a wrong one', async () => {
      const ann = await harness.addPerson('ann@example.org');
      expect(authenticator.accepts).toContain((await ann.proof()).kind);
      const all: SignInProof[] = [
        { kind: 'password', email: 'ann@example.org', password: 'not the password' },
        { kind: 'link', secret: 'not-a-secret' },
        { kind: 'id_token', token: 'not.a.token' },
      ];
      for (const proof of all) await expect(authenticator.startSession(proof)).rejects.toMatchObject(REFUSED);
    });

    it('refuses every wrong proof in the same words, whether the person exists or not', async () => {
      const ann = await harness.addPerson('ann@example.org');
      const eve = await harness.addPerson('eve@example.org');
      const evesProof = await eve.proof();
      await eve.disable();
      const wrong = [...(await ann.wrongProofs()), ...harness.strangersProofs(), evesProof];
      const messages = new Set<string>();
      for (const proof of wrong) {
        const refusal: unknown = await authenticator.startSession(proof).catch((error: unknown) => error);
        expect(refusal).toMatchObject(REFUSED);
        messages.add((refusal as Error).message);
      }
      expect([...messages]).toHaveLength(1);
      expect([...messages][0]).toMatch(/\.$/);
      await authenticator.startSession(await ann.proof());
    });

    it('keeps the sessions of one person and of different people apart', async () => {
      const [ann, bob] = [await harness.addPerson('ann@example.org'), await harness.addPerson('bob@example.org')];
      const first = await authenticator.startSession(await ann.proof());
      const second = await authenticator.startSession(await ann.proof());
      const bobs = await authenticator.startSession(await bob.proof());
      expect(new Set([first.cookie, second.cookie, bobs.cookie]).size).toBe(3);
      await authenticator.endSession(first.cookie);
      expect(await authenticator.identify(first.cookie)).toBeNull();
      expect(await authenticator.identify(second.cookie)).toEqual(ann.identity);
      expect(await authenticator.identify(bobs.cookie)).toEqual(bob.identity);
    });

    it('ends every session of one person, and nobody else’s', async () => {
      const [ann, bob] = [await harness.addPerson('ann@example.org'), await harness.addPerson('bob@example.org')];
      const anns = [];
      for (let count = 0; count < 3; count += 1) anns.push(await authenticator.startSession(await ann.proof()));
      const bobs = await authenticator.startSession(await bob.proof());
      await authenticator.endAllSessions({ ...ann.identity, issuer: 'https://elsewhere.example' });
      expect(await authenticator.identify(anns[0]?.cookie ?? '')).toEqual(ann.identity);
      await authenticator.endAllSessions(ann.identity);
      const another = await harness.openAnother();
      for (const { cookie } of anns) {
        expect(await authenticator.identify(cookie)).toBeNull();
        expect(await another.identify(cookie)).toBeNull();
      }
      expect(await authenticator.identify(bobs.cookie)).toEqual(bob.identity);
      await authenticator.endAllSessions(ann.identity);
    });

    it('no longer knows the sessions of whoever is disabled', async () => {
      const ann = await harness.addPerson('ann@example.org');
      const { cookie } = await authenticator.startSession(await ann.proof());
      await ann.disable();
      expect(await authenticator.identify(cookie)).toBeNull();
    });

    it('answers null for every cookie that it has not made', async () => {
      const ann = await harness.addPerson('ann@example.org');
      const { cookie } = await authenticator.startSession(await ann.proof());
      const place = Math.floor(cookie.length / 2);
      const forged = [
        '',
        'x',
        ann.identity.subject,
        `${cookie}A`,
        cookie.slice(0, -1),
        cookie.slice(0, place) + (cookie[place] === 'A' ? 'B' : 'A') + cookie.slice(place + 1),
        ` ${cookie}`,
        'x'.repeat(100_000),
        "' OR 1=1 --",
        '🫐\u0000',
      ];
      for (const each of forged) {
        expect(await authenticator.identify(each)).toBeNull();
        await authenticator.endSession(each);
      }
      expect(await authenticator.identify(cookie)).toEqual(ann.identity);
    });

    it('does not mind ending a session twice', async () => {
      const ann = await harness.addPerson('ann@example.org');
      const { cookie } = await authenticator.startSession(await ann.proof());
      await authenticator.endSession(cookie);
      await authenticator.endSession(cookie);
      expect(await authenticator.identify(cookie)).toBeNull();
    });

    it('answers a check', async () => {
      await expect(authenticator.check()).resolves.toBeUndefined();
    });
  });
}
