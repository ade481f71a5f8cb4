import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpParts } from '../../parts.ts';
import type { SignInLimiter } from '../../rate-limits.ts';
import { actorOf } from '../../request-context.ts';
import { readForm } from '../forms/form-body.ts';
import { formWith, mergeFaults, type FormFaults, type FormState } from '../forms/form-state.ts';
import { attempt, type Submission } from '../forms/submit.ts';
import { hasOwnPassword } from '../own-password.ts';
import { openPage } from '../page-context.ts';
import { PasswordForm, ProfilePage } from '../pages/profile-page.tsx';
import { isFromScript, sendPage, sendPart } from '../reply.ts';

const NOT_THE_SAME: FormFaults = { fields: { repeated: ['Must be the same as above.'] }, form: [] };

export function registerProfile(app: FastifyInstance, parts: HttpParts, limiter: SignInLimiter): void {
  const { users } = parts;

  app.get('/profile', async (request, reply) => sendProfile(request, reply, formWith(), false, 200));

  app.post('/profile/password', async (request, reply) => {
    const form = readForm(request);
    const password = form.exact('password');
    const isRepeated = password === form.exact('repeated');
    const { sessionCookie } = request;
    const change = { password, current: form.exact('current_password'), sessionCookie };
    const outcome = await attempt(request, async () => {
      const actor = actorOf(request);
      // The password until now can be guessed at here no faster than at the way in.
      if (await users.asksForCurrentPassword(actor, sessionCookie)) limiter.count(request.ip, actor.email);
      await (isRepeated ? users.setPassword(actor, change) : users.checkPassword(actor, change));
    });
    const saved = isRepeated ? outcome : withFaults(outcome, NOT_THE_SAME);
    return saved.ok
      ? sendProfile(request, reply, formWith(), true, 200)
      : sendProfile(request, reply, formWith({}, saved.faults), false, saved.status);
  });

  async function sendProfile(
    request: FastifyRequest,
    reply: FastifyReply,
    form: FormState,
    justSaved: boolean,
    status: number,
  ): Promise<FastifyReply> {
    const context = await openPage(request, reply, parts);
    const actor = actorOf(request);
    const [hasPassword, asksForCurrent] = await Promise.all([
      hasOwnPassword(parts, actor),
      users.asksForCurrentPassword(actor, request.sessionCookie),
    ]);
    const view = { context, form, justSaved, hasPassword, asksForCurrent };
    return isFromScript(request)
      ? sendPart(reply, <PasswordForm {...view} />, status)
      : sendPage(reply, <ProfilePage {...view} />, status);
  }
}

function withFaults(outcome: Submission<void>, faults: FormFaults): Submission<void> {
  return outcome.ok ? { ok: false, status: 422, faults } : { ...outcome, faults: mergeFaults(outcome.faults, faults) };
}
