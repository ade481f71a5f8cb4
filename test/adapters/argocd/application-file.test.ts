import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryFile } from '../../../scripts/chart-documentation.ts';
import { applicationFile, messageFor, ownerOfFile } from '../../../src/adapters/argocd/delivery/application-file.ts';
import type { Application } from '../../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { NewObject } from '../../../src/adapters/argocd/kubernetes/objects.ts';
import type { ApplicationInput } from '../../../src/adapters/argocd/manifest/application-input.ts';
import {
  createApplicationTemplate,
  type ApplicationTemplate,
} from '../../../src/adapters/argocd/manifest/application-template.ts';

const owner = { installation: 'acme', key: { id: 'env_b4v7zk', name: 'pr-42' } };
let template: ApplicationTemplate;
beforeAll(async () => {
  template = createApplicationTemplate(
    'application.yaml.j2',
    await readFile(repositoryFile('templates/application.yaml.j2'), 'utf8'),
  );
});

function application(more: Partial<ApplicationInput> = {}): NewObject<Application> {
  return template.render({
    owner,
    name: 'env-pr-42-b4v7zk',
    argocdNamespace: 'argocd',
    project: 'blueberry-acme',
    destinationServer: 'https://kubernetes.default.svc',
    chart: { repository: 'https://git.example.com/charts.git', path: 'charts/workload', revision: 'main' },
    values: {},
    revision: 1,
    commit: '3f2a1c9'.padEnd(40, '0'),
    expiresAt: '2030-01-01T00:00:00.000Z',
    asleep: false,
    healthPath: null,
    service: { name: 'env-pr-42-b4v7zk', port: 80 },
    isOwnChart: false,
    image: null,
    ...more,
  });
}

describe('the file of an Application', () => {
  it('is read back as what was written, by readers of YAML 1.1 and 1.2, whatever is in it', () => {
    const anything = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }));
    const telling = fc.constantFrom(
      'yes',
      '0o7',
      '012',
      '1_0',
      '12:30',
      '~',
      '<<',
      '=',
      '2030-01-01',
      '!x',
      '\u2028',
      '\u0085',
    );
    fc.assert(
      fc.property(anything, telling, (values, text) => {
        const { spec, ...others } = application();
        const info = Object.entries({ ...values, [text]: text }).map(([name, value]) => ({ name, value }));
        const wanted = { ...others, spec: { ...spec, info } };
        const file = applicationFile(wanted);
        expect(parse(file)).toEqual(wanted);
        expect(parse(file, { version: '1.1' })).toEqual(wanted);
        // One line each, for every reader: nothing in it can end one but a line feed.
        expect(file).not.toMatch(/[\r\u0085\u2028\u2029]/);
      }),
    );
  });

  it('is the same whatever the order of what is in it', () => {
    const { apiVersion, kind, metadata, spec } = application();
    const { labels = {}, ...others } = metadata;
    const turned = Object.fromEntries(Object.entries(labels).reverse());
    expect(applicationFile({ spec, metadata: { labels: turned, ...others }, kind, apiVersion })).toBe(
      applicationFile(application()),
    );
  });

  it('says whose it is, also when it was written by hand', () => {
    const text = applicationFile(application());
    expect(ownerOfFile(text)).toEqual(owner);
    expect(ownerOfFile(JSON.stringify(application()))).toEqual(owner);
    expect(ownerOfFile(`# Edited\n${text}`)).toEqual(owner);
    expect(ownerOfFile(text.replace('"acme"', "'other'"))).toEqual({ ...owner, installation: 'other' });
    expect(ownerOfFile(text.replace('"acme"', '"a\\u0063me"'))).toEqual(owner);
  });

  it('says so of nothing else', () => {
    const { metadata, ...others } = application();
    const lines = Object.entries(metadata.labels ?? {}).map(([name, value]) => `    ${name}: "${value}"`);
    const unlabelled = { ...others, metadata: { ...metadata, labels: {} } };
    for (const text of [
      '',
      'null',
      '- a',
      '{ no: [yaml',
      'metadata: {labels: [1]}',
      'metadata: {labels: {blueberry.dev/environment-id: 1}}',
      applicationFile(unlabelled),
      `kind: ConfigMap\nmetadata:\n  name: x\ndata:\n  text: |\n${lines.join('\n')}\n`,
      `${applicationFile(unlabelled)}  info: |\n${lines.join('\n')}\n`,
    ])
      expect(ownerOfFile(text)).toBeNull();
  });

  it('comes with a message that says what for', () => {
    const before = applicationFile(application());
    expect(messageFor(application(), undefined)).toBe('env pr-42: deploy 3f2a1c9');
    expect(messageFor(application({ commit: 'b'.repeat(40), revision: 2 }), before)).toBe('env pr-42: deploy bbbbbbb');
    expect(messageFor(application({ revision: 2 }), before)).toBe('env pr-42: redeploy 3f2a1c9');
    expect(messageFor(application({ asleep: true }), before)).toBe('env pr-42: sleep');
    expect(messageFor(application(), applicationFile(application({ asleep: true })))).toBe('env pr-42: wake');
    expect(messageFor(application({ values: { replicas: 2 } }), before)).toBe('env pr-42: update');
    expect(messageFor(application(), '{ no: [yaml')).toBe('env pr-42: deploy 3f2a1c9');
  });
});
