/**
 * What somebody reads on a bad day, by what went wrong. NAME stands for the name in the cluster, URL for that of a
 * repository, COMMIT for its commit, IMAGE for the image.
 */
export const BAD_DAY = {
  'image deleted from the registry later':
    "The cluster can't pull the image IMAGE: there is no such image. Push the image again, or redeploy to have it looked up anew; the cluster keeps trying.",
  'image pull forbidden on the node':
    "The cluster can't pull the image IMAGE: the registry refuses it to the nodes. Give the repository an `image_credential` that may pull from there, then redeploy; the cluster keeps trying.",
  'crash loop':
    'Container web crashes with exit code 1: Error: DATABASE_URL is not set. Read the log, correct it and push, or redeploy to try again.',
  'out of memory killed':
    'Container web took more memory than its limit of 512Mi and was killed. Raise `resources.limits.memory` in the values, or make it take less, then redeploy.',
  'readiness never passes, for nothing listens':
    'Container web runs, but nothing listens on its port 8080. Make the application listen on the port in the environment variable PORT.',
  'readiness never passes, for it answers with an error':
    'Container web listens, but / answers 500. Read the log, or set `health` in blueberry.yaml to a path that answers.',
  'command not in the image':
    'The command `no-such-command` of container web was not found in its image. Install the command where it runs, or correct it, then redeploy.',
  'Secret that is not there':
    'Container web can\'t be started: secret "stripe" not found. Correct what it names in the values or in the chart, then redeploy.',
  'quota exceeded':
    'The quota of its namespace is exceeded: requests.cpu (1 asked for, 4 of 4 used). Ask for less in `resources` or `replicas` of the values, or have the quota of environments raised, then redeploy.',
  'no capacity (unschedulable)':
    "No node of the cluster takes its pod: node(s) didn't match Pod's node affinity/selector. Ask for less in `resources` of the values, or have the cluster given more nodes; the cluster keeps trying.",
  'chart does not render': `The chart can't be rendered: web/templates/web.yaml:1:20 executing "web/templates/web.yaml" at <.Values.web.replicas>: nil pointer evaluating interface {}.replicas. Correct the chart or its values and push; the next commit is deployed by itself.`,
  "values refused by the chart's schema":
    "The chart refuses the values: missing property 'host'; `port` got string, want integer. Correct these values in the repository, its config set or the environment, then redeploy.",
  'chart path missing':
    'There is no chart at `deploy/chart` of revision `COMMIT` of URL. Correct `chart` in blueberry.yaml and push; for the chart of Blueberry itself, have its settings corrected.',
  'chart commit missing':
    'There is no revision `COMMIT` of URL. Correct `chart` in blueberry.yaml and push; for the chart of Blueberry itself, have its settings corrected.',
  'chart branch missing':
    'There is no revision `nope` of URL. Correct `chart` in blueberry.yaml and push; for the chart of Blueberry itself, have its settings corrected.',
  'repository needs credentials':
    'Argo CD may not read URL: it has no credential for it. Give the repository a credential that may read it, then redeploy.',
  'Pod Security refusal': `Pod Security \`restricted\` refuses its pods: container "web" must set securityContext.allowPrivilegeEscalation=false; container "web" must set securityContext.capabilities.drop=["ALL"]; pod or container "web" must set securityContext.runAsNonRoot=true; pod or container "web" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost". Set in the chart what it asks for, and push.`,
  'object refused by the API server':
    "Deployment web can't be put in place: spec.replicas: Invalid value: -1: must be greater than or equal to 0. Correct what it names and push, or redeploy to try again.",
  'kind that no chart may have':
    'The chart makes a ResourceQuota, which its AppProject does not allow. Take it out of the chart: an environment holds nothing but objects of its own namespace, and no quotas, limits or network policies.',
  'resource shared with another Application':
    'ConfigMap shared is part of another Application already: OTHER. Give the object a name of its own in the chart, such as one that begins with the name of the release, and push.',
  'hook Job fails':
    'PreSync hook Job migrate failed with exit code 1: Error: DATABASE_URL is not set. Read its log, correct it and push, or redeploy to try again.',
  'hook hangs': 'Waiting for Job migrate to end.',
  'sync is tried again':
    "Deployment web can't be put in place: spec.replicas: Invalid value: -1: must be greater than or equal to 0. Argo CD tries again.",
  'Application deleted by hand':
    'Its Application was deleted by somebody else. It is made anew once what it deployed is gone.',
  'namespace deleted by hand': 'Its namespace was deleted by somebody else. It is made anew once it is gone.',
  'namespace stuck on a finalizer':
    'Namespace NAME is not empty: left are 1 configmaps; held by the finalizer example.com/held.',
  'resource stuck on a finalizer': 'Waiting for ConfigMap held to be deleted, which a finalizer may hold up.',
  'namespace that is not ours':
    'Namespace NAME is there already and was not made by this Blueberry. Delete that object or give it another name; Blueberry keeps looking, and never takes what it has not made.',
  'Application that is not ours':
    'Application argocd/NAME is there already and was not made by this Blueberry. Delete that object or give it another name; Blueberry keeps looking, and never takes what it has not made.',
  'Argo CD controller stopped': 'Waiting for Argo CD to take it up.',
  'repo-server stopped': 'The repo-server of Argo CD does not answer. Argo CD looks again.',
  'values that lead into another namespace':
    "Its AppProject does not allow what the chart asks for: namespace kube-system is not permitted in project 'PROJECT'. Take it out of the chart: an environment holds nothing but objects of its own namespace, and no quotas, limits or network policies.",
  'values that name what is not theirs to decide':
    "The chart refuses the values: additional properties 'destination', 'host', 'namespace', 'project' not allowed. Correct these values in the repository, its config set or the environment, then redeploy.",
} as const satisfies Record<string, string>;
