import { Environment } from 'minijinja-js';
import { isPair, isScalar, parseDocument, visit, type Document } from 'yaml';
import type { JsonObject } from '../../../core/json.ts';
import type { Application } from '../kubernetes/argocd-objects.ts';
import type { NewObject } from '../kubernetes/objects.ts';
import {
  ASLEEP_ANNOTATION,
  COMMIT_ANNOTATION,
  COMPARE_OPTIONS_ANNOTATION,
  environmentLabels,
  EXPIRES_ANNOTATION,
  HEALTH_PATH_ANNOTATION,
  IMAGE_ANNOTATION,
  REVISION_ANNOTATION,
  SERVICE_ANNOTATION,
} from '../objects/ownership.ts';
import type { ApplicationInput } from './application-input.ts';
import { checkApplication } from './check-application.ts';
import { TemplateFailure } from './template-failure.ts';

/** Steps of the template engine for one manifest: the template that comes with Blueberry takes some hundred. */
const FUEL = 200_000;
const RENDERED_MAX_LENGTH = 2 * 1024 * 1024;

/**
 * Where a dry run of the server fails, as it does for a field that can't be changed, Argo CD 3.6 calls an Application
 * Synced though nothing was applied. Charts that are not Blueberry's may come to that.
 */
const CAREFUL_COMPARISON = { [COMPARE_OPTIONS_ANNOTATION]: 'ServerSideDiff=false' };

export interface ApplicationTemplate {
  /** Fails with a `TemplateFailure`. */
  render(input: ApplicationInput): NewObject<Application>;
}

/**
 * Compiles a Jinja2 template of the manifest and renders it once with made-up values, so that one that can't work is
 * refused at start. Fails with a `TemplateFailure` that names the line.
 * @param name what messages call it, such as the name of its file
 */
export function createApplicationTemplate(name: string, text: string): ApplicationTemplate {
  const engine = new Environment();
  // Without a sandbox escape to begin with: templates see values, filters and tests, no objects of this program.
  engine.undefinedBehavior = 'strict';
  engine.enablePyCompat();
  engine.fuel = FUEL;
  attempt(name, () => {
    engine.addTemplate(name, text);
  });

  function render(input: ApplicationInput): NewObject<Application> {
    const labels = environmentLabels(input.owner);
    const values = valuesText(input.values);
    const annotations = {
      [REVISION_ANNOTATION]: String(input.revision),
      [COMMIT_ANNOTATION]: input.commit,
      [EXPIRES_ANNOTATION]: input.expiresAt,
      [ASLEEP_ANNOTATION]: String(input.asleep),
      [SERVICE_ANNOTATION]: `${input.service.name}:${String(input.service.port)}`,
      ...(input.healthPath === null ? {} : { [HEALTH_PATH_ANNOTATION]: input.healthPath }),
      ...(input.isOwnChart ? CAREFUL_COMPARISON : {}),
      ...(input.image === null ? {} : { [IMAGE_ANNOTATION]: input.image }),
    };
    const rendered = attempt(name, () =>
      engine.renderTemplate(name, {
        name: input.name,
        environment: { id: input.owner.key.id, name: input.owner.key.name },
        argocd_namespace: input.argocdNamespace,
        project: input.project,
        destination_server: input.destinationServer,
        chart: { ...input.chart },
        values,
        labels,
        annotations,
      }),
    );
    return checkApplication(parse(name, rendered), input, labels, annotations, values);
  }

  render(EXAMPLE);
  return { render };
}

/** JSON, which is YAML but for these characters: JSON may hold them as they are, and Helm's reader of YAML refuses them. */
export function valuesText(values: JsonObject): string {
  return JSON.stringify(values).replace(
    /[\u007f-\u009f\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function attempt<T>(name: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new TemplateFailure(`The template ${name} can't be rendered: ${reason ?? ''}.`);
  }
}

function parse(name: string, rendered: string): unknown {
  if (rendered.length > RENDERED_MAX_LENGTH)
    throw new TemplateFailure(`The template ${name} renders more than ${String(RENDERED_MAX_LENGTH)} characters.`);
  const document = parseDocument(rendered, { customTags: [], merge: false, uniqueKeys: true });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const line = fault.linePos?.[0].line;
    const where = line === undefined ? '' : ` (line ${String(line)} of what it renders)`;
    throw new TemplateFailure(`The template ${name} renders no YAML${where}: ${fault.message.split('\n')[0] ?? ''}`);
  }
  demandNoNull(name, document, rendered);
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new TemplateFailure(`The template ${name} renders YAML with aliases. Write out what they stand for.`);
  }
}

/** `tojson` writes `null` for a name that does not exist, instead of failing as all else does. */
function demandNoNull(name: string, document: Document, rendered: string): void {
  visit(document, {
    Scalar(_key, scalar, ancestors) {
      if (scalar.value !== null) return;
      const keys = ancestors.flatMap((node) => (isPair(node) && isScalar(node.key) ? [String(node.key.value)] : []));
      const line = rendered.slice(0, scalar.range?.[0] ?? 0).split('\n').length;
      throw new TemplateFailure(
        `The template ${name} leaves ${keys.join('.')} empty (line ${String(line)} of what it renders). Correct the name that it is given there, or leave the field out.`,
      );
    },
  });
}

const EXAMPLE: ApplicationInput = {
  owner: { installation: 'example', key: { id: 'env_example', name: 'example' } },
  name: 'env-example-xample',
  argocdNamespace: 'argocd',
  project: 'blueberry-example',
  destinationServer: 'https://kubernetes.default.svc',
  chart: { repository: 'https://git.example/charts.git', path: 'charts/workload', revision: 'main' },
  values: { image: { repository: 'registry.example/app', digest: '' }, env: { GREETING: 'hello' }, removed: null },
  revision: 1,
  commit: '0000000000000000000000000000000000000000',
  expiresAt: '2030-01-01T00:00:00.000Z',
  asleep: false,
  healthPath: '/',
  service: { name: 'env-example-xample', port: 80 },
  isOwnChart: false,
  image: null,
};
