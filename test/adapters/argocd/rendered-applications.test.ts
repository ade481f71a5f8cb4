import { describe, expect, it } from 'vitest';
import type { Application } from '../../../src/adapters/argocd/kubernetes/argocd-objects.ts';
import type { NewObject } from '../../../src/adapters/argocd/kubernetes/objects.ts';
import type { ApplicationInput } from '../../../src/adapters/argocd/manifest/application-input.ts';
import { createRenderedApplications } from '../../../src/adapters/argocd/manifest/rendered-applications.ts';

const input = (name: string, revision: number): ApplicationInput => ({
  owner: { installation: 'inst', key: { id: `env_${name}`, name } },
  name,
  argocdNamespace: 'argocd',
  project: 'blueberry-repo',
  destinationServer: 'https://kubernetes.default.svc',
  chart: { repository: 'https://git.example/blueberry.git', path: 'charts/workload', revision: 'v1' },
  values: { env: { A: 'b' } },
  revision,
  commit: 'a'.repeat(40),
  expiresAt: '2030-01-01T00:00:00.000Z',
  asleep: false,
  healthPath: null,
  service: { name, port: 80 },
  image: null,
  isOwnChart: false,
});

/** Renders no more than the name and the revision, and counts. */
function counting() {
  const rendered: string[] = [];
  const applications = createRenderedApplications({
    render(asked) {
      const name = `${asked.name} ${asked.revision}`;
      rendered.push(name);
      return { metadata: { name } } as NewObject<Application>;
    },
  });
  const render = (name: string, revision: number) => applications.render(input(name, revision)).metadata.name;
  return { rendered, render, forget: (name: string) => applications.forget(name) };
}

describe('an Application that is looked at again and again', () => {
  it('is rendered once, and anew when something else is wanted', () => {
    const { rendered, render } = counting();
    expect([render('one', 1), render('two', 1), render('one', 1), render('one', 2)]).toEqual([
      'one 1',
      'two 1',
      'one 1',
      'one 2',
    ]);
    expect(rendered).toEqual(['one 1', 'two 1', 'one 2']);
  });

  it('is rendered anew once it was in place', () => {
    const { rendered, render, forget } = counting();
    render('one', 1);
    forget('one');
    render('one', 1);
    expect(rendered).toEqual(['one 1', 'one 1']);
  });
});
