const REFRESH_ANNOTATION = 'argocd.argoproj.io/refresh';
/** Since Argo CD 3.6: keeps a refresh that is asked for during another one from being lost (argo-cd#28392). */
const REFRESH_TIMESTAMP_ANNOTATION = 'argocd.argoproj.io/refresh-timestamp';

/** With these annotations Argo CD looks at an Application and its repository at once; it takes them away itself. */
export function refreshAnnotations(): Readonly<Record<string, string>> {
  return { [REFRESH_ANNOTATION]: 'normal', [REFRESH_TIMESTAMP_ANNOTATION]: new Date().toISOString() };
}
