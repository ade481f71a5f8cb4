import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { localAccounts } from '../support/local-accounts.ts';
import { describeAuthenticatorContract, type AuthenticatorHarness } from './authenticator.suite.ts';

const PASSWORD = 'correct horse battery staple';
const LATER = new Date(Date.now() + 3_600_000).toISOString();
const EARLIER = new Date(Date.now() - 1).toISOString();

async function makeHarness(form: 'password' | 'link'): Promise<AuthenticatorHarness> {
  const accounts = await localAccounts(createSystemClock());
  const { authenticator } = accounts;
  return {
    authenticator,
    async addPerson(email) {
      const id = await accounts.addUser(email);
      await authenticator.setPassword(id, { password: PASSWORD, current: null, sessionCookie: null });
      return {
        identity: { issuer: 'local', subject: id, email, emailVerified: true },
        async proof() {
          return form === 'password'
            ? { kind: 'password', email, password: PASSWORD }
            : { kind: 'link', secret: await authenticator.createSignInLink(id, LATER) };
        },
        async wrongProofs() {
          const used = await authenticator.createSignInLink(id, LATER);
          await authenticator.startSession({ kind: 'link', secret: used });
          return [
            { kind: 'password', email, password: `${PASSWORD} ` },
            { kind: 'password', email, password: '' },
            { kind: 'password', email, password: 'x'.repeat(100_000) },
            { kind: 'link', secret: used },
            { kind: 'link', secret: await authenticator.createSignInLink(id, EARLIER) },
          ];
        },
        disable: () => accounts.changeUser(id, { disabled: true }),
      };
    },
    strangersProofs: () => [
      { kind: 'password', email: 'nobody@example.org', password: PASSWORD },
      { kind: 'password', email: '', password: PASSWORD },
      { kind: 'link', secret: 'bbl_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
      { kind: 'link', secret: '' },
    ],
    openAnother: async () => accounts.openAnother(),
    dispose: () => accounts.dispose(),
  };
}

describeAuthenticatorContract('local passwords', () => makeHarness('password'));
describeAuthenticatorContract('local links', () => makeHarness('link'));
