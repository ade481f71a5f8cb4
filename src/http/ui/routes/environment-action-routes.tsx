import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Failure } from '../../../core/errors.ts';
import type { Actor } from '../../../core/permissions.ts';
import { environmentUpdate, redeployRequest } from '../../../services/contract/environment-inputs.ts';
import type { HttpParts } from '../../parts.ts';
import { actorOf } from '../../request-context.ts';
import { EnvironmentParts } from '../components/environment-parts.tsx';
import { readForm, type FormBody } from '../forms/form-body.ts';
import { faultsOfIssues } from '../forms/form-faults.ts';
import { wholeNumber } from '../forms/whole-number.ts';
import { isFromScript, sendPart } from '../reply.ts';
import { viewFor, type EnvironmentRoute } from './environment-page-routes.tsx';

type Action = (actor: Actor, id: string, form: FormBody) => Promise<unknown>;

/** What can be done with one environment. What goes wrong is told where it was asked for. */
export function registerEnvironmentActions(app: FastifyInstance, parts: HttpParts): void {
  const { environments } = parts;

  function action(name: string, perform: Action): void {
    app.post<EnvironmentRoute>(`/environments/:env_id/${name}`, async (request, reply) => {
      await perform(actorOf(request), request.params.env_id, readForm(request));
      return answer(request, reply);
    });
  }

  /** On its page the parts change in place, without a script the page is loaded again. */
  async function answer(request: FastifyRequest<EnvironmentRoute>, reply: FastifyReply): Promise<FastifyReply> {
    if (!isFromScript(request)) return reply.redirect(`/environments/${request.params.env_id}`, 303);
    return sendPart(reply, <EnvironmentParts view={await viewFor(parts, request, reply)} />);
  }

  action('extend', (actor, id, form) =>
    environments.updateEnvironment(
      actor,
      id,
      checked(environmentUpdate, { ttl_hours: wholeNumber(form.text('ttl_hours')) ?? null }),
    ),
  );
  action('auto-update', (actor, id, form) =>
    environments.updateEnvironment(
      actor,
      id,
      checked(environmentUpdate, { auto_update: form.text('auto_update') === 'on' }),
    ),
  );
  action('redeploy', (actor, id, form) =>
    environments.redeployEnvironment(
      actor,
      id,
      checked(redeployRequest, { commit_sha: form.text('commit_sha') ?? null }),
    ),
  );
  action('sleep', (actor, id) => environments.sleepEnvironment(actor, id));
  action('wake', (actor, id) => environments.wakeEnvironment(actor, id));
  action('delete', (actor, id) => environments.deleteEnvironment(actor, id));
}

function checked<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { fields, form } = faultsOfIssues(parsed.error.issues, input);
  throw new Failure('invalid', [...Object.values(fields).flat(), ...form].join(' '));
}
