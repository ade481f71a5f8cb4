import { invalidField } from '../core/errors.ts';
import { isSameServer, parseGitRemote } from '../core/git-url.ts';
import { registryOfTemplate } from '../core/image-reference.ts';
import type { Repository } from '../core/records.ts';
import type { Cipher } from '../ports/cipher.ts';
import type { Versioned } from '../ports/environment-store.ts';

/** Null forgets a secret and undefined leaves it as it is; both pass. */
export async function sealedSecret(
  cipher: Cipher,
  secret: string | null | undefined,
  id: string,
): Promise<string | null | undefined> {
  return typeof secret === 'string' ? cipher.seal(secret, id) : secret;
}

/** What the registry of a repository is asked with, opened for this one use. */
export async function imageCredentialOf(cipher: Cipher, { id, record }: Versioned<Repository>): Promise<string | null> {
  return record.sealedImageCredential === null ? null : cipher.open(record.sealedImageCredential, id);
}

/** Who may change the URL may not see the credential, so it is not sent to a server that it was not given for. */
export function assertMayFollow({ sealedCredential, url: before }: Repository, url: string): void {
  if (sealedCredential === null) return;
  const [one, other] = [before, url].map((text) => parseGitRemote(text, true).remote);
  if (one && other && isSameServer(one, other)) return;
  throw invalidField(
    'credential',
    'must be given again, or dropped (null), because the URL leads to another server now',
    'credential_for_another_server',
  );
}

/** The same of the image and its registry; where no image was named before, nobody knows for which one it was given. */
export function assertMayFollowImage({ sealedImageCredential, image: before }: Repository, image: string): void {
  if (sealedImageCredential === null || image === before) return;
  if (before !== null && registryOfTemplate(before) === registryOfTemplate(image)) return;
  throw invalidField(
    'image_credential',
    'must be given again, or dropped (null), because the image leads to another registry now',
    'credential_for_another_server',
  );
}
