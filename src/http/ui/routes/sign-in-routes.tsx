import type { FastifyInstance } from 'fastify';
import type { SignInProof } from '../../../ports/authenticator.ts';
import type { HttpParts } from '../../parts.ts';
import type { SignInLimiter } from '../../rate-limits.ts';
import { safeNextPath } from '../../request-context.ts';
import { clearSessionCookie, readSessionCookie, setSessionCookie } from '../../session-cookie.ts';
import { readForm, readQuery } from '../forms/form-body.ts';
import { formWith, NO_FAULTS } from '../forms/form-state.ts';
import { attempt } from '../forms/submit.ts';
import { pageContext } from '../page-context.ts';
import { SignInLinkPage, SignInPage, UsedLinkPage } from '../pages/sign-in-page.tsx';
import { sendPage } from '../reply.ts';

/** Signing in and out. The session begins anew at each sign-in: a cookie that was there before means nothing. */
export function registerSignIn(app: FastifyInstance, parts: HttpParts, limiter: SignInLimiter): void {
  const { sessions, settings } = parts;

  async function signIn(address: string, email: string | null, proof: SignInProof) {
    limiter.count(address, email);
    return sessions.signIn(proof);
  }

  app.get('/sign-in', async (request, reply) => {
    const given = readQuery(request)('next');
    const next = safeNextPath(given);
    const context = pageContext(request, reply, parts);
    return sendPage(reply, <SignInPage context={context} form={formWith()} next={next} interrupted={next !== '/'} />);
  });

  app.post('/sign-in', async (request, reply) => {
    const form = readForm(request);
    const email = form.text('email') ?? '';
    const next = safeNextPath(form.text('next'));
    const proof: SignInProof = { kind: 'password', email, password: form.exact('password') };
    const session = await attempt(request, () => signIn(request.ip, email, proof));
    if (session.ok) {
      setSessionCookie(reply, settings, session.value);
      return reply.redirect(next, 303);
    }
    const context = pageContext(request, reply, parts);
    const state = formWith({ email }, session.faults);
    return sendPage(
      reply,
      <SignInPage context={context} form={state} next={next} interrupted={false} />,
      session.status,
    );
  });

  app.get('/sign-in/link', async (request, reply) => {
    const secret = readQuery(request)('secret') ?? '';
    const context = pageContext(request, reply, parts);
    return sendPage(reply, <SignInLinkPage context={context} secret={secret} faults={NO_FAULTS} />);
  });

  app.post('/sign-in/link', async (request, reply) => {
    const secret = readForm(request).text('secret') ?? '';
    const session = await attempt(request, () => signIn(request.ip, null, { kind: 'link', secret }));
    if (session.ok) {
      setSessionCookie(reply, settings, session.value);
      return reply.redirect('/', 303);
    }
    const context = pageContext(request, reply, parts);
    const page =
      session.status === 401 ? (
        <UsedLinkPage context={context} />
      ) : (
        <SignInLinkPage context={context} secret={secret} faults={session.faults} />
      );
    return sendPage(reply, page, session.status);
  });

  app.post('/sign-out', async (request, reply) => {
    const cookie = readSessionCookie(request, settings);
    if (cookie !== undefined) await sessions.signOut(cookie);
    clearSessionCookie(reply, settings);
    return reply.redirect('/sign-in', 303);
  });
}
