import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { configSetCreate, configSetUpdate } from '../../../services/contract/config-set-inputs.ts';
import type { ConfigSetView } from '../../../services/config-set-service.ts';
import type { HttpParts } from '../../parts.ts';
import { actorOf } from '../../request-context.ts';
import { ConfigSetForm, type ConfigSetFormProps } from '../components/config-set-form.tsx';
import { readForm, type FormBody } from '../forms/form-body.ts';
import { formWith, type FormFaults, type FormState } from '../forms/form-state.ts';
import { readSecretLines } from '../forms/secret-lines.ts';
import { submit, type Submission } from '../forms/submit.ts';
import { readValues, valuesText } from '../forms/values-text.ts';
import { openPage } from '../page-context.ts';
import { ConfigSetListPage, ConfigSetPage, NewConfigSetPage } from '../pages/config-set-pages.tsx';
import { goTo, isFromScript, sendPage, sendPart } from '../reply.ts';
import { connectedRepositories } from './environment-list-routes.tsx';

interface ConfigSetRoute {
  Params: { config_set_id: string };
}

const CONFIG_SETS_MAX = 1_000;
const REVISIONS = 50;

export function registerConfigSets(app: FastifyInstance, parts: HttpParts): void {
  const { configSets } = parts;

  app.get('/config-sets', async (request, reply) => {
    const context = await openPage(request, reply, parts);
    const { items } = await configSets.listConfigSets(actorOf(request), { limit: CONFIG_SETS_MAX });
    return sendPage(reply, <ConfigSetListPage context={context} configSets={items} />);
  });

  app.get('/config-sets/new', async (request, reply) =>
    sendPage(reply, <NewConfigSetPage {...await formProps(request, reply, formWith(), [], null)} />),
  );

  app.post('/config-sets', async (request, reply) => {
    const form = readForm(request);
    const { input, secrets, faults } = readInput(form);
    const created = await submit(
      request,
      configSetCreate,
      { ...input, secrets },
      (valid) => configSets.createConfigSet(actorOf(request), valid),
      faults,
    );
    if (created.ok) return goTo(request, reply, `/config-sets/${created.value.id}`);
    const props = await formProps(request, reply, retyped(form, created), form.all('repository_ids'), null);
    return isFromScript(request)
      ? sendPart(reply, <ConfigSetForm {...props} />, created.status)
      : sendPage(reply, <NewConfigSetPage {...props} />, created.status);
  });

  app.get<ConfigSetRoute>('/config-sets/:config_set_id', async (request, reply) => {
    const found = await configSets.getConfigSet(actorOf(request), request.params.config_set_id);
    const { configSet, revision } = found;
    const state = formWith({
      name: configSet.name,
      description: configSet.description,
      values: valuesText(revision.values),
    });
    return sendConfigSet(request, reply, found, state, configSet.repositoryIds);
  });

  app.post<ConfigSetRoute>('/config-sets/:config_set_id', async (request, reply) => {
    const actor = actorOf(request);
    const id = request.params.config_set_id;
    const form = readForm(request);
    const { input, secrets, faults } = readInput(form);
    const removed = Object.fromEntries(form.all('remove_secret').map((name) => [name, null]));
    const ifVersion = Number(form.text('version') ?? Number.NaN);
    const saved = await submit(
      request,
      configSetUpdate,
      { ...input, secrets: { ...removed, ...secrets } },
      (valid) => configSets.updateConfigSet(actor, id, valid, Number.isInteger(ifVersion) ? { ifVersion } : {}),
      faults,
    );
    if (saved.ok) return goTo(request, reply, `/config-sets/${id}`);
    const found = await configSets.getConfigSet(actor, id);
    const state = retyped(form, saved);
    const shared = form.all('repository_ids');
    if (!isFromScript(request)) return sendConfigSet(request, reply, found, state, shared, saved.status);
    const props = await formProps(request, reply, state, shared, found);
    return sendPart(reply, <ConfigSetForm {...props} />, saved.status);
  });

  app.post<ConfigSetRoute>('/config-sets/:config_set_id/delete', async (request, reply) => {
    await configSets.deleteConfigSet(actorOf(request), request.params.config_set_id);
    return goTo(request, reply, '/config-sets');
  });

  async function formProps(
    request: FastifyRequest,
    reply: FastifyReply,
    form: FormState,
    shared: readonly string[],
    configSet: ConfigSetView | null,
  ): Promise<ConfigSetFormProps> {
    const context = await openPage(request, reply, parts);
    const repositories = await connectedRepositories(parts, actorOf(request));
    return { context, form, repositories, shared, configSet };
  }

  async function sendConfigSet(
    request: FastifyRequest,
    reply: FastifyReply,
    found: ConfigSetView,
    form: FormState,
    shared: readonly string[],
    status = 200,
  ): Promise<FastifyReply> {
    const props = await formProps(request, reply, form, shared, found);
    const revisions = await configSets.listRevisions(actorOf(request), found.id, { limit: REVISIONS });
    return sendPage(reply, <ConfigSetPage {...props} configSet={found} revisions={revisions.items} />, status);
  }
}

interface ConfigSetInput {
  readonly input: Record<string, unknown>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly faults: FormFaults;
}

function readInput(form: FormBody): ConfigSetInput {
  const values = readValues(form.exact('values'));
  const secretLines = readSecretLines(form.exact('secrets'));
  return {
    input: {
      name: form.text('name') ?? '',
      description: form.text('description') ?? '',
      repository_ids: [...form.all('repository_ids')],
      values: values.values ?? {},
    },
    secrets: secretLines.secrets,
    faults: { fields: { values: values.faults, secrets: secretLines.faults }, form: [] },
  };
}

/** What was typed, without the secrets among it: those are not sent back. */
function retyped({ typed }: FormBody, failed: Extract<Submission<unknown>, { ok: false }>): FormState {
  const { secrets: _secrets, ...shown } = typed;
  return formWith(shown, failed.faults);
}
