import type { Problem } from '../../problem.ts';
import { Callout } from '../components/callout.tsx';
import type { Html } from '../components/html.ts';
import { Layout, PlainLayout } from '../components/layout.tsx';
import { Sentence } from '../components/sentence.tsx';
import type { PageContext } from '../page-context.ts';

interface ProblemProps {
  readonly context: PageContext;
  readonly problem: Problem;
}

/** What went wrong, as a page: for whoever is signed in with the way to everything else. */
export function ProblemPage({ context, problem }: ProblemProps): Html {
  if (context.actor !== null) {
    return (
      <Layout context={context} title={problem.title}>
        <ProblemText problem={problem} />
      </Layout>
    );
  }
  return (
    <PlainLayout context={context} title={problem.title}>
      <ProblemText problem={problem} />
    </PlainLayout>
  );
}

function ProblemText({ problem }: Pick<ProblemProps, 'problem'>): Html {
  return (
    <div class="problem-page">
      <p class="problem-status">{String(problem.status)}</p>
      <h1>{problem.title}</h1>
      <p>
        <Sentence text={problem.detail} />
      </p>
      <p class="soft">
        Request <code>{problem.request_id}</code>
      </p>
      <a class="button" href="/">
        Go to the environments
      </a>
    </div>
  );
}

/** The same on a page that is open: where whatever asked has a place for it, or else over the page, to be closed. */
export function ProblemNotice({
  problem,
  closable,
}: Pick<ProblemProps, 'problem'> & { readonly closable: boolean }): Html {
  return (
    <Callout tone="danger" closable={closable}>
      <p>
        <Sentence text={problem.detail} />
      </p>
      {problem.status >= 500 && (
        <p class="fine">
          Request <code>{problem.request_id}</code>
        </p>
      )}
    </Callout>
  );
}
