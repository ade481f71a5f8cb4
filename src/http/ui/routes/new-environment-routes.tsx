import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../../core/errors.ts';
import type { Environment } from '../../../core/environment.ts';
import { canonicalJson } from '../../../core/json.ts';
import { may, type Actor } from '../../../core/permissions.ts';
import { TTL_HOURS_DEFAULT } from '../../../core/ttl.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import { environmentCreate } from '../../../services/contract/environment-inputs.ts';
import { deriveFreeName } from '../../../services/environment-names.ts';
import { AlreadyDone, type IdempotentCall } from '../../../services/unit-of-work.ts';
import type { HttpParts } from '../../parts.ts';
import { actorOf } from '../../request-context.ts';
import { createBranchCompletion } from '../branch-completion.ts';
import { BranchOptions, OptionNote } from '../components/branch-field.tsx';
import { ValuesFaults } from '../components/values-field.tsx';
import { readForm, readQuery, type FormBody } from '../forms/form-body.ts';
import { formWith, type FormState } from '../forms/form-state.ts';
import { submit } from '../forms/submit.ts';
import { readValues } from '../forms/values-text.ts';
import { wholeNumber } from '../forms/whole-number.ts';
import { openPage, type PageContext } from '../page-context.ts';
import {
  chosenRepository,
  NewEnvironmentForm,
  NewEnvironmentPage,
  type NewEnvironmentView,
} from '../pages/new-environment-page.tsx';
import { goTo, isFromScript, sendPage, sendPart } from '../reply.ts';
import { connectedRepositories } from './environment-list-routes.tsx';

const CONFIG_SETS_MAX = 1_000;
const VALUES_FIELDS = ['helm_values_override', 'values'] as const;

/** The form for a new environment, and what helps to fill it in. */
export function registerNewEnvironment(app: FastifyInstance, parts: HttpParts): void {
  const completion = createBranchCompletion(parts.repositories, parts.clock);

  app.get('/environments/new', async (request, reply) => {
    const query = readQuery(request);
    const context = await openPage(request, reply, parts);
    const form = formWith({
      ttl_hours: String(TTL_HOURS_DEFAULT),
      repository_id: query('repository_id') ?? '',
      ...(query('branch') === undefined ? {} : { branch: query('branch') ?? '' }),
    });
    return sendPage(reply, <NewEnvironmentPage {...await viewOf(parts, actorOf(request), context, form)} />);
  });

  app.post('/environments', async (request, reply) => {
    const actor = actorOf(request);
    const form = readForm(request);
    const values = readValues(form.exact('helm_values_override'));
    const input = {
      ...(form.text('name') === undefined ? {} : { name: form.text('name') }),
      repository_id: form.text('repository_id'),
      branch: form.text('branch') ?? (await defaultBranchOf(parts, actor, form.text('repository_id'))),
      config_set_id: form.text('config_set_id') ?? null,
      ttl_hours: wholeNumber(form.text('ttl_hours')),
      helm_values_override: values.values,
    };
    const options = { idempotency: onceOnly(parts, request, form) };
    const source = { kind: 'manual', fork: false } as const;
    try {
      const created = await submit(
        request,
        environmentCreate,
        input,
        (valid) => parts.environments.createEnvironment(actor, valid, source, options),
        { fields: { helm_values_override: values.faults }, form: [] },
      );
      if (created.ok) return goTo(request, reply, `/environments/${created.value.id}`);
      const context = await openPage(request, reply, parts);
      const view = await viewOf(parts, actor, context, formWith(form.typed, created.faults));
      return isFromScript(request)
        ? sendPart(reply, <NewEnvironmentForm {...view} />, created.status)
        : sendPage(reply, <NewEnvironmentPage {...view} />, created.status);
    } catch (error) {
      if (!(error instanceof AlreadyDone)) throw error;
      return goTo(request, reply, error.reply.location ?? '/');
    }
  });

  app.get('/branch-options', async (request, reply) => {
    const query = readQuery(request);
    try {
      const actor = actorOf(request);
      const repositoryId = query('repository_id') ?? '';
      const typed = query('branch')?.trim() ?? '';
      const branch = typed === '' ? await defaultBranchOf(parts, actor, repositoryId) : typed;
      const name = await deriveFreeName(parts.store, branch ?? '');
      reply.header('hx-trigger', JSON.stringify({ 'name-derived': { name } }));
      const found = await completion.complete(actor, repositoryId, typed);
      return sendPart(reply, <BranchOptions {...found} />);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return sendPart(reply, <OptionNote text={error.faults[0]?.msg ?? error.message} />);
    }
  });

  app.post('/values-check', async (request, reply) => {
    const form = readForm(request);
    const name = VALUES_FIELDS.find((field) => field in form.typed) ?? VALUES_FIELDS[0];
    return sendPart(reply, <ValuesFaults name={name} faults={readValues(form.exact(name)).faults} />);
  });
}

async function viewOf(
  parts: HttpParts,
  actor: Actor,
  context: PageContext,
  form: FormState,
): Promise<NewEnvironmentView> {
  const [repositories, configSets] = await Promise.all([
    connectedRepositories(parts, actor),
    may(actor, 'config_sets:read') ? parts.configSets.listConfigSets(actor, { limit: CONFIG_SETS_MAX }) : { items: [] },
  ]);
  const chosen = chosenRepository(repositories, form);
  const branch = form.typed['branch'] ?? chosen?.record.defaultBranch ?? '';
  const derivedName = await deriveFreeName(parts.store, branch === '' ? (chosen?.record.defaultBranch ?? '') : branch);
  const requestKey = form.typed['request_key'] ?? parts.identifiers.random('form');
  return {
    context,
    form: { ...form, typed: { ...form.typed, branch } },
    repositories,
    configSets: configSets.items,
    derivedName,
    requestKey,
  };
}

async function defaultBranchOf(
  { repositories }: HttpParts,
  actor: Actor,
  repositoryId: string | undefined,
): Promise<string | undefined> {
  if (repositoryId === undefined) return undefined;
  const repository = await repositories.getRepository(actor, repositoryId).catch((error: unknown) => {
    // The use case says it beside the field.
    if (error instanceof Failure && error.kind === 'not_found') return null;
    throw error;
  });
  return repository?.record.defaultBranch;
}

/** The same form sent twice, by a double click or by reloading, is one call; a form that was changed is another. */
function onceOnly(
  { identifiers }: HttpParts,
  request: FastifyRequest,
  form: FormBody,
): IdempotentCall<Versioned<Environment>> | undefined {
  const requestKey = form.text('request_key');
  if (requestKey === undefined) return undefined;
  const requestHash = identifiers.digest(canonicalJson(request.body));
  return {
    key: `${requestKey.slice(0, 100)}:${requestHash}`,
    route: 'POST /environments',
    requestHash,
    render: ({ id }) => ({ status: 303, body: '', location: `/environments/${id}` }),
  };
}
