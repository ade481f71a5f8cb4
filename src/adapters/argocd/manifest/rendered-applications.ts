import type { Application } from '../kubernetes/argocd-objects.ts';
import type { NewObject } from '../kubernetes/objects.ts';
import type { ApplicationInput } from './application-input.ts';
import type { ApplicationTemplate } from './application-template.ts';

/** A template that renders nothing twice for what is looked at again and again until it is in place. */
export interface RenderedApplications extends ApplicationTemplate {
  /** The Application of this name is in place, or gone: it is not asked for soon again. */
  forget(name: string): void;
}

export function createRenderedApplications(template: ApplicationTemplate): RenderedApplications {
  const known = new Map<string, { readonly input: string; readonly application: NewObject<Application> }>();
  return {
    render(input: ApplicationInput) {
      const text = JSON.stringify(input);
      const before = known.get(input.name);
      if (before?.input === text) return before.application;
      const application = template.render(input);
      known.set(input.name, { input: text, application });
      return application;
    },
    forget(name) {
      known.delete(name);
    },
  };
}
