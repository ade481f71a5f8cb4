import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { tokenCreate } from '../../../services/contract/account-inputs.ts';
import type { CreatedToken } from '../../../services/token-service.ts';
import type { HttpParts } from '../../parts.ts';
import { actorOf } from '../../request-context.ts';
import { OUT_OF_BAND } from '../components/swap.ts';
import { TokenList } from '../components/token-list.tsx';
import { readForm } from '../forms/form-body.ts';
import { formWith, type FormState } from '../forms/form-state.ts';
import { submit } from '../forms/submit.ts';
import { openPage } from '../page-context.ts';
import { TOKEN_LIFETIMES, TokenContent, TokenPage } from '../pages/token-page.tsx';
import { isFromScript, sendPage, sendPart } from '../reply.ts';

const TOKENS_MAX = 500;
const DAY_MS = 86_400_000;
const EMPTY = formWith({ expires_at: '90' });

export function registerTokens(app: FastifyInstance, parts: HttpParts): void {
  const { tokens, clock } = parts;

  app.get('/tokens', async (request, reply) => sendTokens(request, reply, {}));

  app.post('/tokens', async (request, reply) => {
    const form = readForm(request);
    const lifetime = TOKEN_LIFETIMES.find(({ value }) => value === form.text('expires_at'));
    const days = lifetime === undefined ? undefined : lifetime.days;
    const created = await submit(
      request,
      tokenCreate,
      {
        name: form.text('name') ?? '',
        scopes: [...form.all('scopes')],
        expires_at: typeof days === 'number' ? new Date(clock.now() + days * DAY_MS).toISOString() : days,
      },
      (valid) => tokens.createToken(actorOf(request), valid),
      lifetime === undefined ? { fields: { expires_at: ['Is not one of the choices.'] }, form: [] } : undefined,
    );
    if (created.ok) {
      // A form of its own takes the place of what was typed.
      reply.header('hx-reswap', 'outerHTML');
      return sendTokens(request, reply, { created: created.value });
    }
    const state = formWith(form.typed, created.faults);
    return sendTokens(request, reply, { form: state, chosenScopes: form.all('scopes'), status: created.status });
  });

  app.post<{ Params: { token_id: string } }>('/tokens/:token_id/revoke', async (request, reply) => {
    await tokens.revokeToken(actorOf(request), request.params.token_id);
    if (!isFromScript(request)) return reply.redirect('/tokens', 303);
    const context = await openPage(request, reply, parts);
    const { items } = await tokens.listTokens(actorOf(request), { limit: TOKENS_MAX });
    return sendPart(reply, <TokenList context={context} tokens={items} swap={OUT_OF_BAND} />);
  });

  async function sendTokens(
    request: FastifyRequest,
    reply: FastifyReply,
    shown: {
      readonly form?: FormState;
      readonly chosenScopes?: readonly string[];
      readonly created?: CreatedToken;
      readonly status?: number;
    },
  ): Promise<FastifyReply> {
    const context = await openPage(request, reply, parts);
    const { items } = await tokens.listTokens(actorOf(request), { limit: TOKENS_MAX });
    const { form = EMPTY, chosenScopes = [], created = null, status = 200 } = shown;
    const view = { context, form, chosenScopes, tokens: items, created };
    return isFromScript(request)
      ? sendPart(reply, <TokenContent {...view} />, status)
      : sendPage(reply, <TokenPage {...view} />, status);
  }
}
