import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { HttpSettings } from './parts.ts';

const CONTENT_SECURITY_POLICY = 'content-security-policy';

/** Sent with every reply. A page replaces the content security policy by `useNonce`. */
export function securityHeaders({ secureCookies }: Pick<HttpSettings, 'secureCookies'>): Record<string, string> {
  return {
    [CONTENT_SECURITY_POLICY]: "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // Not no-referrer: with it browsers send `Origin: null` with forms, which is no evidence of anything.
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    ...(secureCookies ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}

/**
 * Gives a page its content security policy, and returns the nonce that its `<script>` and `<style>` elements must carry.
 * Scripts run by their nonce alone; style sheets may also come from this origin.
 */
export function useNonce(reply: FastifyReply): string {
  const nonce = randomBytes(16).toString('base64url');
  reply.header(
    CONTENT_SECURITY_POLICY,
    [
      "default-src 'none'",
      `script-src 'nonce-${nonce}'`,
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "manifest-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  );
  return nonce;
}
