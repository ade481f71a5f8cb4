import { describe, expect, it } from 'vitest';
import { NAME, application, at, destination, progressing, source } from '../../support/observed-objects.ts';
import { DEBUG, HELM, LOAD, conditioned, failed, judge, waiting } from '../../support/observed-troubles.ts';

describe('a chart that can not be deployed', () => {
  const cases: [string, string, string, string][] = [
    [
      'does not render',
      `${HELM}web/templates/a.yaml:1:13\n  executing "web/templates/a.yaml" at <.Values.nope.deep>:\n    nil pointer evaluating interface {}.deep${DEBUG}`,
      'ChartBroken',
      'The chart can\'t be rendered: web/templates/a.yaml:1:13 executing "web/templates/a.yaml" at <.Values.nope.deep>: nil pointer evaluating interface {}.deep',
    ],
    [
      'refuses to render',
      `${HELM}execution error at (workload/templates/deployment.yaml:6:4): preStopSleepSeconds (60) must be within terminationGracePeriodSeconds (30)${DEBUG}`,
      'ChartBroken',
      "The chart can't be rendered: preStopSleepSeconds (60) must be within terminationGracePeriodSeconds (30) (workload/templates/deployment.yaml:6:4)",
    ],
    [
      'is no YAML once rendered',
      `${HELM.replace('desc = ', 'desc = Manifest generation error (cached): ')}YAML parse error on web/templates/a.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context${DEBUG}`,
      'ChartBroken',
      "The chart can't be rendered: YAML parse error on web/templates/a.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context",
    ],
    [
      'refuses the values',
      `${HELM}values don't meet the specifications of the schema(s) in the following chart(s):\nworkload:\n- at '/probe/port': maximum: got 9.9999999×10⁰⁷, want 65,535\n- at '/replicas': got string, want integer\n- at '': additional properties 'nosuch' not allowed\n`,
      'ValuesRefused',
      "The chart refuses the values: additional properties 'nosuch' not allowed; `probe.port` maximum: got 9.9999999×10⁰⁷, want 65,535; `replicas` got string, want integer",
    ],
    [
      'refuses the values, as Helm names them in another order',
      `${HELM}values don't meet the specifications of the schema(s) in the following chart(s):\nworkload:\n- at '/replicas': got string, want integer\n- at '': additional properties 'nosuch', 'host' not allowed\n`,
      'ValuesRefused',
      "The chart refuses the values: additional properties 'host', 'nosuch' not allowed; `replicas` got string, want integer",
    ],
    [
      'is not at its path',
      `${LOAD}charts/workload: app path does not exist`,
      'ChartMissing',
      'There is no chart at `charts/workload` of revision `main` of https://git.example/acme/charts.git',
    ],
    [
      'is no chart',
      `${LOAD}error getting helm repos: error retrieving helm dependency repos: error reading helm chart from <path to cached source>/charts/Chart.yaml: open <path to cached source>/charts/Chart.yaml: no such file or directory`,
      'ChartMissing',
      'There is no chart at `charts/workload` of revision `main` of https://git.example/acme/charts.git',
    ],
    [
      'has no such branch',
      `${LOAD}unable to resolve 'nope' to a commit SHA: revision not found`,
      'ChartMissing',
      'There is no revision `main` of https://git.example/acme/charts.git',
    ],
    [
      'has no such commit',
      `${LOAD}failed to initialize repository resources: rpc error: code = Internal desc = Failed to checkout revision 0123: \`git fetch origin 0123 --tags --force --prune\` failed exit status 128: fatal: git upload-pack: not our ref 0123\nfatal: remote error: upload-pack: not our ref 0123`,
      'ChartMissing',
      'There is no revision `main` of https://git.example/acme/charts.git',
    ],
  ];

  it.each(cases)('%s: failed at once', (_, message, reason, told) => {
    expect(judge(conditioned('ComparisonError', message), 3)).toEqual(failed(reason, told));
  });
});

describe('what Argo CD stands by', () => {
  const cases: [string, string, string, string, string][] = [
    [
      'credentials that are missing',
      'ComparisonError',
      `${LOAD}failed to list refs: authentication required: Unauthorized`,
      'SourceRefused',
      'Argo CD may not read https://git.example/acme/charts.git: it has no credential for it',
    ],
    [
      'credentials that are missing, as Git says it',
      'ComparisonError',
      `${LOAD}failed to initialize repository resources: Failed to fetch default: failed to authenticate to git repository "https://git.example/acme/charts.git": no credentials matched this URL: \`git fetch origin --tags --force --prune\` failed exit status 128: fatal: could not read Username for 'https://git.example': terminal prompts disabled`,
      'SourceRefused',
      'Argo CD may not read https://git.example/acme/charts.git: it has no credential for it',
    ],
    [
      'credentials that are refused',
      'ComparisonError',
      `${LOAD}failed to list refs: authorization failed: Forbidden`,
      'SourceRefused',
      'Argo CD may not read https://git.example/acme/charts.git: its credential is refused',
    ],
    [
      'a key that is missing',
      'ComparisonError',
      `${LOAD}failed to list refs: error creating SSH agent: "SSH agent requested but SSH_AUTH_SOCK not-specified"`,
      'SourceRefused',
      'Argo CD may not read https://git.example/acme/charts.git: error creating SSH agent: "SSH agent requested but SSH_AUTH_SOCK not-specified"',
    ],
    [
      'a repository that is not there',
      'ComparisonError',
      `${LOAD}failed to list refs: repository not found: Not found`,
      'RepositoryNotFound',
      'Argo CD finds no repository at https://git.example/acme/charts.git',
    ],
    [
      'a project that is not there',
      'InvalidSpecError',
      'Application referencing project blueberry-x which does not exist',
      'ProjectMissing',
      'There is no AppProject blueberry-x',
    ],
    [
      'a project that was changed',
      'InvalidSpecError',
      "application repo https://git.example/acme/charts.git is not permitted in project 'blueberry-x'",
      'ProjectMissing',
      'AppProject blueberry-x does not allow the repository https://git.example/acme/charts.git',
    ],
    [
      'a namespace that its project does not allow',
      'InvalidSpecError',
      `application destination server 'https://kubernetes.default.svc' and namespace '${NAME}' do not match any of the allowed destinations in project 'blueberry-x'`,
      'ProjectMissing',
      `AppProject blueberry-x does not allow the namespace ${NAME}`,
    ],
    [
      'a cluster that it does not know',
      'InvalidSpecError',
      'error getting cluster by server "https://kubernetes.default.svc": rpc error: code = NotFound desc = cluster "https://kubernetes.default.svc" not found',
      'ClusterRefused',
      'Argo CD knows no cluster https://kubernetes.default.svc',
    ],
    [
      'a field that can not be changed',
      'ComparisonError',
      'Failed to compare desired state to live state: failed to calculate diff: error calculating server side diff: serverSideDiff error: error running server side apply in dryrun mode for resource StatefulSet/db: StatefulSet.apps "db" is invalid: spec.serviceName: Invalid value: "db2": field is immutable',
      'SyncFailed',
      'The sync failed: spec.serviceName: Invalid value: "db2": field is immutable',
    ],
  ];

  it.each(cases)('%s: failed after ten seconds', (_, type, message, reason, told) => {
    expect(judge(conditioned(type, message), 12)).toEqual(waiting('Deploying', `${told}. Argo CD looks again.`, at(3)));
    expect(judge(conditioned(type, message), 13)).toEqual(failed(reason, told));
  });

  it.each([
    ['Get "https://git.example/acme": dial tcp: lookup git.example on 10.255.255.53:53: no such host'],
    ['unexpected client error: unexpected requesting "https://git.example/acme" status code: 503'],
    ['Get "https://git.example/acme": dial tcp 10.1.2.3:443: connect: connection refused'],
  ])('a repository that can not be reached: failed after a minute: %s', (message) => {
    const of = conditioned('ComparisonError', `${LOAD}failed to list refs: ${message}`);
    const told = `Argo CD does not reach https://git.example/acme/charts.git: ${message}`;
    expect(judge(of, 62)).toEqual(waiting('Deploying', `${told}. Argo CD looks again.`, at(3)));
    expect(judge(of, 63)).toEqual(failed('RepositoryUnreachable', told));
  });

  it('a repo-server that does not answer: waited for', () => {
    const message =
      'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:26161: connect: connection refused"';
    expect(judge(conditioned('ComparisonError', message), 3_600)).toEqual(
      waiting('Deploying', 'The repo-server of Argo CD does not answer. Argo CD looks again.', at(3)),
    );
  });

  it('no error about where it came from, once all is in place', () => {
    const message = `${LOAD}failed to list refs: authentication required: Unauthorized`;
    const sync = { status: 'Unknown' as const, comparedTo: { source, destination } };
    const conditions = [{ type: 'ComparisonError', message, lastTransitionTime: at(30) }];
    expect(judge(application({ sync, conditions }), 3_600)).toEqual({ step: 'settled' });
    expect(judge(application({ ...progressing, sync, conditions }), 3_600)).toMatchObject({ reason: 'Starting' });
  });

  it('a spec that is compared with nothing', () => {
    const message = 'Application referencing project blueberry-x which does not exist';
    const conditions = [{ type: 'InvalidSpecError', message, lastTransitionTime: at(3) }];
    const of = application({}, { status: { conditions, sync: { status: 'Unknown' } } });
    expect(judge(of)).toEqual(failed('ProjectMissing', 'There is no AppProject blueberry-x'));
  });

  it('a warning, which is no failure', () => {
    const message = 'ConfigMap/same is part of applications argocd/other and env-shop-x7k2pq';
    const conditions = [{ type: 'SharedResourceWarning', message, lastTransitionTime: at(3) }];
    expect(judge(application({ conditions }))).toEqual({ step: 'settled' });
  });

  it('an error about another spec than the one that is wanted', () => {
    const of = conditioned('ComparisonError', `${HELM}web/templates/a.yaml:1:13`);
    const changed = { ...of, spec: { ...of.spec, source: { ...source, helm: { ...source.helm, values: '{}' } } } };
    expect(judge(changed)).toEqual(waiting('Deploying', 'Waiting for Argo CD to take it up.', at(5)));
  });
});
