import type { FastifyInstance } from 'fastify';
import type { HttpParts } from '../parts.ts';

export async function registerUi(_app: FastifyInstance, _parts: HttpParts): Promise<void> {}
