/** Why there is no answer: nothing that the API server said. */
export class ConnectionFailure extends Error {
  readonly isTimeout: boolean;
  /** Whether the request, or a part of it, may have reached the other side. */
  readonly mayHaveArrived: boolean;
  /** Node.js' or OpenSSL's name of the error. */
  readonly code: string | null;

  constructor(message: string, options: { isTimeout: boolean; mayHaveArrived: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ConnectionFailure';
    this.isTimeout = options.isTimeout;
    this.mayHaveArrived = options.mayHaveArrived;
    this.code = codeOf(options.cause);
  }

  /** The server shows a certificate that the configured authority has not signed, or not for this name. */
  get isDistrust(): boolean {
    return this.code !== null && (DISTRUST.has(this.code) || this.code.startsWith('CERT_'));
  }

  /** What is configured as certificate or key can't be read as one. */
  get isBadCredential(): boolean {
    return this.code !== null && /^ERR_(?:OSSL|CRYPTO|TLS_CERT_SIGNATURE|INVALID_ARG)/.test(this.code);
  }
}

const DISTRUST = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function codeOf(cause: unknown): string | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}
