import type { FastifyInstance } from 'fastify';
import { registerJsonBody } from '../json-body.ts';
import type { HttpParts } from '../parts.ts';
import type { EnvironmentEvents } from '../stream/environment-events.ts';
import { environmentEventsRoute } from '../stream/environment-events-route.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import { configSetRoutes } from './config-set-routes.ts';
import { environmentDetailRoutes } from './environment-detail-routes.ts';
import { environmentRoutes } from './environment-routes.ts';
import { registerRoute } from './register-route.ts';
import type { EncodeEnvironment } from './representations/environment-response.ts';
import { repositoryRoutes } from './repository-routes.ts';
import type { ApiRoute } from './route.ts';
import { tokenRoutes } from './token-routes.ts';
import { userRoutes } from './user-routes.ts';

export interface ApiParts {
  readonly parts: HttpParts;
  readonly encodeEnvironment: EncodeEnvironment;
  readonly streams: EventStreams;
  readonly events: EnvironmentEvents;
}

/** Every endpoint under `/api`. */
export function apiRoutes({ parts, encodeEnvironment, streams, events }: ApiParts): readonly ApiRoute[] {
  return [
    ...environmentRoutes(parts, encodeEnvironment),
    ...environmentDetailRoutes(parts, streams),
    environmentEventsRoute(streams, events),
    ...repositoryRoutes(parts),
    ...configSetRoutes(parts),
    ...tokenRoutes(parts),
    ...userRoutes(parts),
  ];
}

export function registerApi(app: FastifyInstance, routes: readonly ApiRoute[]): void {
  void app.register(async (scope) => {
    registerJsonBody(scope);
    for (const route of routes) registerRoute(scope, route);
  });
}
