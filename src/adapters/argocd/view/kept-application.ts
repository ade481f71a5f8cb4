import type { Application, ApplicationStatus, OperationState } from '../kubernetes/argocd-objects.ts';
import type { ObjectMeta } from '../kubernetes/objects.ts';

/** Parts that a template may say in different ways for different Applications; most say all of them the same way. */
const SHARED_PARTS = 100;

/**
 * Makes what is kept of an Application, of which there may be ten thousand: without what nobody here reads, with the source,
 * values and all, once, which Argo CD writes down again wherever it says what it has compared or synced, and with one
 * object for what is the same in many of them.
 */
export function createKeptApplications(): (application: Application) => Application {
  const known = new Map<string, unknown>();

  function shared<T>(part: T): T {
    const text = JSON.stringify(part);
    if (text === undefined || known.size >= SHARED_PARTS) return (known.get(text) as T | undefined) ?? part;
    if (!known.has(text)) known.set(text, part);
    return known.get(text) as T;
  }

  return (application) => {
    const { managedFields: _, ...metadata } = application.metadata as ObjectMeta & { readonly managedFields?: unknown };
    const { spec, status } = application;
    return {
      ...application,
      metadata: metadata.finalizers === undefined ? metadata : { ...metadata, finalizers: shared(metadata.finalizers) },
      spec: spec.syncPolicy === undefined ? spec : { ...spec, syncPolicy: shared(spec.syncPolicy) },
      ...(status === undefined ? {} : { status: keptStatus(application, status) }),
    };
  };
}

function keptStatus({ spec }: Application, status: ApplicationStatus): ApplicationStatus {
  const { history: _, summary: __, ...kept } = status as ApplicationStatus & { readonly history?: unknown };
  const { sync, operationState } = kept;
  const { source, destination } = spec;
  return {
    ...kept,
    ...(sync?.comparedTo === undefined
      ? {}
      : { sync: { ...sync, comparedTo: once(sync.comparedTo, { source, destination }) } }),
    ...(operationState === undefined ? {} : { operationState: keptOperation(operationState, { source }) }),
  };
}

function keptOperation(state: OperationState, known: object): OperationState {
  const { phase, operation, syncResult } = state;
  return {
    ...state,
    ...(operation?.sync === undefined ? {} : { operation: { ...operation, sync: once(operation.sync, known) } }),
    ...(syncResult === undefined
      ? {}
      : { syncResult: once(phase === 'Succeeded' ? withoutResources(syncResult) : syncResult, known) }),
  };
}

/** What became of each resource tells something only where a sync has failed. */
function withoutResources(
  result: NonNullable<OperationState['syncResult']>,
): NonNullable<OperationState['syncResult']> {
  const { resources: _, ...others } = result;
  return others;
}

/** The same with the known objects in place of equal ones. */
function once<T extends object>(of: T, known: object): T {
  const equal = Object.entries(known).filter(
    ([field, value]) => JSON.stringify(of[field as keyof T]) === JSON.stringify(value),
  );
  return { ...of, ...(Object.fromEntries(equal) as Partial<T>) };
}
