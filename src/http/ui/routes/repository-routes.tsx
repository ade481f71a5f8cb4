import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { may } from '../../../core/permissions.ts';
import type { Repository } from '../../../core/records.ts';
import type { Versioned } from '../../../ports/environment-store.ts';
import { repositoryCreate, repositoryUpdate } from '../../../services/contract/repository-inputs.ts';
import type { RepositoryTest } from '../../../services/repository-service.ts';
import type { HttpParts } from '../../parts.ts';
import { actorOf } from '../../request-context.ts';
import { BranchList } from '../components/branch-list.tsx';
import { RepositoryForm } from '../components/repository-form.tsx';
import { readForm, type FormBody } from '../forms/form-body.ts';
import { formWith, type FormFaults, type FormState } from '../forms/form-state.ts';
import { submit } from '../forms/submit.ts';
import { readValues, valuesText } from '../forms/values-text.ts';
import { openPage } from '../page-context.ts';
import {
  NewRepositoryPage,
  repositoryForm,
  RepositoryListPage,
  RepositoryPage,
  TestResult,
} from '../pages/repository-pages.tsx';
import { goTo, isFromScript, sendPage, sendPart } from '../reply.ts';
import { connectedRepositories } from './environment-list-routes.tsx';

interface RepositoryRoute {
  Params: { repository_id: string };
}

export function registerRepositories(app: FastifyInstance, parts: HttpParts): void {
  const { repositories } = parts;

  app.get('/repositories', async (request, reply) => {
    const context = await openPage(request, reply, parts);
    const found = await connectedRepositories(parts, actorOf(request));
    return sendPage(reply, <RepositoryListPage context={context} repositories={found} />);
  });

  app.get('/repositories/new', async (request, reply) =>
    sendPage(reply, <NewRepositoryPage context={await openPage(request, reply, parts)} form={formWith()} />),
  );

  app.post('/repositories', async (request, reply) => {
    const form = readForm(request);
    const { input, faults } = readInput(form);
    const connected = await submit(
      request,
      repositoryCreate,
      {
        ...input,
        credential: form.text('credential') ?? null,
        image_credential: form.text('image_credential') ?? null,
      },
      (valid) => repositories.createRepository(actorOf(request), valid),
      faults,
    );
    if (connected.ok) return goTo(request, reply, `/repositories/${connected.value.id}`);
    const context = await openPage(request, reply, parts);
    const state = formWith(form.typed, connected.faults);
    return isFromScript(request)
      ? sendPart(reply, <RepositoryForm context={context} form={state} repository={null} />, connected.status)
      : sendPage(reply, <NewRepositoryPage context={context} form={state} />, connected.status);
  });

  app.get<RepositoryRoute>('/repositories/:repository_id', async (request, reply) => {
    const repository = await repositories.getRepository(actorOf(request), request.params.repository_id);
    return sendRepository(request, reply, repository, null);
  });

  app.post<RepositoryRoute>('/repositories/:repository_id', async (request, reply) => {
    const actor = actorOf(request);
    const id = request.params.repository_id;
    const form = readForm(request);
    const { input, faults } = readInput(form);
    const ifVersion = Number(form.text('version') ?? Number.NaN);
    const saved = await submit(
      request,
      repositoryUpdate,
      { ...input, ...changedSecret(form, 'credential'), ...changedSecret(form, 'image_credential') },
      (valid) => repositories.updateRepository(actor, id, valid, Number.isInteger(ifVersion) ? { ifVersion } : {}),
      faults,
    );
    if (saved.ok) return goTo(request, reply, '/repositories');
    const repository = await repositories.getRepository(actor, id);
    const state = formWith(form.typed, saved.faults);
    if (!isFromScript(request)) return sendRepository(request, reply, repository, null, state, saved.status);
    const context = await openPage(request, reply, parts);
    return sendPart(reply, <RepositoryForm context={context} form={state} repository={repository} />, saved.status);
  });

  app.post<RepositoryRoute>('/repositories/:repository_id/test', async (request, reply) => {
    const actor = actorOf(request);
    const id = request.params.repository_id;
    const test = await repositories.testRepository(actor, id);
    if (isFromScript(request)) return sendPart(reply, <TestResult test={test} />);
    return sendRepository(request, reply, await repositories.getRepository(actor, id), test);
  });

  app.get<RepositoryRoute>('/repositories/:repository_id/branches', async (request, reply) => {
    const actor = actorOf(request);
    const repositoryId = request.params.repository_id;
    const [{ record }, { branches }] = await Promise.all([
      repositories.getRepository(actor, repositoryId),
      repositories.listBranches(actor, repositoryId),
    ]);
    const props = { repositoryId, branches, defaultBranch: record.defaultBranch };
    return sendPart(reply, <BranchList {...props} mayCreate={may(actor, 'environments:write')} />);
  });

  app.post<RepositoryRoute>('/repositories/:repository_id/delete', async (request, reply) => {
    await repositories.deleteRepository(actorOf(request), request.params.repository_id);
    return goTo(request, reply, '/repositories');
  });

  async function sendRepository(
    request: FastifyRequest,
    reply: FastifyReply,
    repository: Versioned<Repository>,
    test: RepositoryTest | null,
    form: FormState = repositoryForm(repository, valuesText(repository.record.values)),
    status = 200,
  ): Promise<FastifyReply> {
    const context = await openPage(request, reply, parts);
    return sendPage(
      reply,
      <RepositoryPage context={context} repository={repository} form={form} test={test} />,
      status,
    );
  }
}

/** What connecting and saving have in common. */
function readInput(form: FormBody): { readonly input: Record<string, unknown>; readonly faults: FormFaults } {
  const values = readValues(form.exact('values'));
  const name = form.text('name');
  const defaultBranch = form.text('default_branch');
  return {
    input: {
      url: form.text('url') ?? '',
      ...(name === undefined ? {} : { name }),
      ...(defaultBranch === undefined ? {} : { default_branch: defaultBranch }),
      path: form.text('path') ?? '',
      image: form.text('image') ?? null,
      values: values.values,
    },
    faults: { fields: { values: values.faults }, form: [] },
  };
}

/** A new one, null where what is kept is to be forgotten, and nothing where it stays. */
function changedSecret(
  form: FormBody,
  name: 'credential' | 'image_credential',
): Readonly<Record<string, string | null>> {
  const typed = form.text(name);
  if (typed !== undefined) return { [name]: typed };
  return form.text(`forget_${name}`) === '1' ? { [name]: null } : {};
}
