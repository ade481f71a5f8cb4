import type { FastifyRequest } from 'fastify';
import { invalid, type InputFault } from '../../core/errors.ts';
import { faultsOf, hostileFaults, withoutRepeats } from '../input-faults.ts';
import type { ApiRoute } from './route.ts';

export interface ApiInput {
  readonly query: unknown;
  readonly body: unknown;
}

/** Query and body, checked by the route's schemas. Fails with all that is wrong in both at once. */
export function readInput(route: ApiRoute, request: FastifyRequest): ApiInput {
  const faults: InputFault[] = [];
  const query = readQuery(route, request.query as Record<string, unknown>, faults);
  const body = readBody(route, request.body, faults);
  if (faults.length > 0) throw invalid(withoutRepeats(faults));
  return { query, body };
}

function readQuery(route: ApiRoute, given: Record<string, unknown>, faults: InputFault[]): unknown {
  if (!route.query) {
    for (const name in given)
      faults.push({ loc: ['query', name], msg: 'is not a known field', type: 'extra_forbidden' });
    return undefined;
  }
  // The parser's result has no prototype; some schemas look for one.
  const input = { ...given };
  const result = route.query.safeParse(input);
  if (result.success) return result.data;
  faults.push(...faultsOf(result.error.issues, input, 'query'));
  return undefined;
}

function readBody(route: ApiRoute, given: unknown, faults: InputFault[]): unknown {
  if (!route.body) return undefined;
  if (given === undefined && !route.optionalBody) {
    faults.push({ loc: ['body'], msg: 'is required', type: 'missing' });
    return undefined;
  }
  const input = given === undefined ? {} : given;
  const hostile = hostileFaults(input);
  faults.push(...hostile);
  if (hostile[0]?.loc.length === 1) return undefined;
  const result = route.body.safeParse(input);
  if (result.success) return result.data;
  faults.push(...faultsOf(result.error.issues, input, 'body'));
  return undefined;
}
