import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApplicationInput } from '../../../src/adapters/argocd/manifest/application-input.ts';
import { createApplicationTemplate } from '../../../src/adapters/argocd/manifest/application-template.ts';
import type { JsonObject } from '../../../src/core/json.ts';

const FILE = 'application.yaml.j2';
const OWN = readFileSync(new URL(`../../../templates/${FILE}`, import.meta.url), 'utf8');

const input = (change: Partial<ApplicationInput> = {}): ApplicationInput => ({
  owner: { installation: 'inst', key: { id: 'env_abc234', name: 'pr-42' } },
  name: 'env-pr-42-abc234',
  argocdNamespace: 'argocd',
  project: 'blueberry-repo',
  destinationServer: 'https://kubernetes.default.svc',
  chart: { repository: 'https://git.example/blueberry.git', path: 'charts/workload', revision: 'v1' },
  values: { env: { A: 'b' }, gone: null },
  revision: 3,
  commit: 'a'.repeat(40),
  expiresAt: '2030-01-01T00:00:00.000Z',
  asleep: false,
  healthPath: '/healthz',
  service: { name: 'env-pr-42-abc234', port: 80 },
  image: 'registry.example/app@sha256:1',
  isOwnChart: false,
  ...change,
});

describe('the template of Applications that comes with Blueberry', () => {
  const template = createApplicationTemplate(FILE, OWN);

  it('has Argo CD compare charts of others without a dry run', () => {
    const { annotations } = template.render(input({ isOwnChart: true })).metadata;
    expect(annotations).toMatchObject({ 'argocd.argoproj.io/compare-options': 'ServerSideDiff=false' });
  });

  it('renders the whole manifest', () => {
    expect(template.render(input())).toEqual({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name: 'env-pr-42-abc234',
        namespace: 'argocd',
        labels: {
          'app.kubernetes.io/managed-by': 'blueberry',
          'blueberry.dev/installation': 'inst',
          'blueberry.dev/environment-id': 'env_abc234',
          'blueberry.dev/environment-name': 'pr-42',
        },
        annotations: {
          'blueberry.dev/revision': '3',
          'blueberry.dev/commit': 'a'.repeat(40),
          'blueberry.dev/expires-at': '2030-01-01T00:00:00.000Z',
          'blueberry.dev/asleep': 'false',
          'blueberry.dev/service': 'env-pr-42-abc234:80',
          'blueberry.dev/health-path': '/healthz',
          'blueberry.dev/image': 'registry.example/app@sha256:1',
        },
        finalizers: ['resources-finalizer.argocd.argoproj.io'],
      },
      spec: {
        project: 'blueberry-repo',
        source: {
          repoURL: 'https://git.example/blueberry.git',
          path: 'charts/workload',
          targetRevision: 'v1',
          helm: { releaseName: 'env-pr-42-abc234', values: '{"env":{"A":"b"},"gone":null}' },
        },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'env-pr-42-abc234' },
        revisionHistoryLimit: 2,
        syncPolicy: {
          automated: { prune: true, selfHeal: true },
          retry: { limit: 5, refresh: true, backoff: { duration: '2s', factor: 2, maxDuration: '1m' } },
          syncOptions: [
            'ServerSideApply=true',
            'ApplyOutOfSyncOnly=true',
            'PruneLast=true',
            'FailOnSharedResource=true',
          ],
        },
      },
    });
  });

  it('lets user input reach the values alone, whatever it is', () => {
    const plain = JSON.stringify({ ...template.render(input({ values: {} })), spec: null });
    const odd = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{{ name }}', "'; x: y", '\n---\nkind: Namespace', '!!js/function', '*a', '&a x', '\u2028', '%}'),
    );
    fc.assert(
      fc.property(fc.dictionary(odd, fc.oneof(odd, fc.constant(null), fc.double({ noNaN: true }))), (values) => {
        // As it came by JSON: without -0 and other things that JSON does not know.
        const wanted = JSON.parse(JSON.stringify(values)) as JsonObject;
        const rendered = template.render(input({ values: wanted }));
        expect(JSON.parse(rendered.spec.source?.helm?.values ?? '')).toEqual(wanted);
        const { helm: _helm, ...source } = rendered.spec.source ?? { repoURL: '' };
        expect(source).toEqual({
          repoURL: 'https://git.example/blueberry.git',
          path: 'charts/workload',
          targetRevision: 'v1',
        });
        expect(JSON.stringify({ ...rendered, spec: null })).toBe(plain);
      }),
    );
  });
});

describe('a template of the platform engineers’ own', () => {
  const changed = (from: string | RegExp, to: string): string => {
    const text = OWN.replace(from, to);
    if (text === OWN) throw new Error(`nothing to replace: ${String(from)}`);
    return text;
  };

  it('may add what it likes', () => {
    const text = changed(
      'revisionHistoryLimit: 2',
      'revisionHistoryLimit: 5\n  info: [{ name: owner, value: {{ environment.name | tojson }} }]',
    );
    expect(createApplicationTemplate(FILE, text).render(input()).spec).toMatchObject({
      revisionHistoryLimit: 5,
      info: [{ name: 'owner', value: 'pr-42' }],
    });
  });

  it.each<[string, string | RegExp, string, RegExp]>([
    [
      'has a syntax error',
      'project: {{ project',
      'project: {{ project | ',
      /application\.yaml\.j2 can't be rendered: syntax error.*application\.yaml\.j2:1\d/,
    ],
    [
      'uses what there is not',
      '{{ project | tojson }}',
      '{{ projet }}',
      /undefined value \(in application\.yaml\.j2:\d+/,
    ],
    [
      'writes null for what there is not',
      'limit: 5',
      'limit: {{ retries | tojson }}',
      /leaves spec\.syncPolicy\.retry\.limit empty \(line 2\d of what it renders\)/,
    ],
    ['uses a filter that there is not', '{{ project | tojson }}', '{{ project | shell }}', /filter shell is unknown/],
    ['includes a file', 'spec:', '{% include "/etc/passwd" %}\nspec:', /non-existing template/],
    [
      'never ends',
      'spec:',
      '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}\nspec:',
      /fuel/,
    ],
    ['is no YAML', 'kind: Application', 'kind: [Application', /renders no YAML \(line \d+/],
    ['has a custom tag', 'kind: Application', 'kind: !!js/function Application', /renders no YAML/],
    ['has aliases', /prune: true\n\s+selfHeal: true/, 'prune: &yes true\n      selfHeal: *yes', /with aliases/],
    ['renders something else', 'kind: Application', 'kind: Namespace', /kind: /],
    ['renders two documents', 'kind: Application', 'kind: Application\n---\nkind: Namespace', /renders no YAML/],
    [
      'has another name',
      'name: {{ name | tojson }}\n  namespace',
      'name: "mine"\n  namespace',
      /metadata\.name must be/,
    ],
    [
      'goes to another namespace',
      'namespace: {{ name | tojson }}',
      'namespace: "kube-system"',
      /spec\.destination must be/,
    ],
    [
      'goes to another cluster',
      '{{ destination_server | tojson }}',
      '"https://elsewhere"',
      /spec\.destination must be/,
    ],
    ['leaves the project', '{{ project | tojson }}', '"default"', /spec\.project must be/],
    ['stands in another namespace', '{{ argocd_namespace | tojson }}', '"kube-system"', /metadata\.namespace must be/],
    ['has no finalizer', /finalizers:\n.*\n/, 'finalizers: []\n', /metadata\.finalizers must be/],
    ['drops the labels', '{{ labels | tojson }}', '{}', /metadata\.labels\.app\.kubernetes\.io/],
    ['creates the namespace', 'PruneLast=true', 'CreateNamespace=true', /CreateNamespace=true/],
    ['deploys another chart', '{{ chart.path | tojson }}', '"charts/other"', /must be the chart/],
    ['changes the values', '{{ values | tojson }}', '"{}"', /the values of the chart must be/],
    [
      'overrides the values',
      'releaseName:',
      'parameters: [{ name: a, value: b }]\n      releaseName:',
      /would win over/,
    ],
    ['has an unknown field', 'project:', 'projekt: x\n  project:', /projekt/],
  ])('is refused when it %s', (_what, from, to, reason) => {
    expect(() => createApplicationTemplate(FILE, changed(from, to))).toThrow(reason);
  });
});
