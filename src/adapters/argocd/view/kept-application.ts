import type {
  Application,
  ApplicationSource,
  ApplicationStatus,
  OperationState,
} from '../kubernetes/argocd-objects.ts';
import type { ObjectMeta } from '../kubernetes/objects.ts';

/**
 * What is kept of an Application, of which there may be ten thousand: without what nobody here reads, and with the source,
 * values and all, once. Argo CD writes it down again wherever it says what it has compared or synced.
 */
export function keptApplication(application: Application): Application {
  const { managedFields: _, ...metadata } = application.metadata as ObjectMeta & { readonly managedFields?: unknown };
  const { status } = application;
  return { ...application, metadata, ...(status === undefined ? {} : { status: keptStatus(application, status) }) };
}

function keptStatus({ spec }: Application, status: ApplicationStatus): ApplicationStatus {
  const { history: _, summary: __, ...kept } = status as ApplicationStatus & { readonly history?: unknown };
  const text = JSON.stringify(spec.source);
  const once = <T extends WithSource>(part: T): T =>
    part.source !== undefined && part.source !== spec.source && JSON.stringify(part.source) === text
      ? { ...part, source: spec.source }
      : part;
  const { sync, operationState } = kept;
  return {
    ...kept,
    ...(sync?.comparedTo === undefined ? {} : { sync: { ...sync, comparedTo: once(sync.comparedTo) } }),
    ...(operationState === undefined ? {} : { operationState: keptOperation(operationState, once) }),
  };
}

interface WithSource {
  readonly source?: ApplicationSource | undefined;
}

function keptOperation(state: OperationState, once: <T extends WithSource>(part: T) => T): OperationState {
  const { operation, syncResult } = state;
  return {
    ...state,
    ...(operation?.sync === undefined ? {} : { operation: { ...operation, sync: once(operation.sync) } }),
    ...(syncResult === undefined ? {} : { syncResult: once(syncResult) }),
  };
}
