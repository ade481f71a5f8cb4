import { invalidField } from '../../core/errors.ts';

const PASSWORD_MIN_LENGTH = 12;
const PASSWORD_MAX_LENGTH = 1024;

/**
 * The form in which a password is hashed, so that it is the same from any keyboard (NIST SP 800-63B, 3.1.1.2); null
 * when it is shorter or longer than a password may be, in characters. Nothing else is asked of it.
 */
export function normalizedPassword(password: string): string | null {
  // Normalizing can only make a text a few times as long, and what is longer than this is not looked at.
  if (password.length > 4 * PASSWORD_MAX_LENGTH) return null;
  const normalized = password.normalize('NFKC');
  const length = Array.from(normalized).length;
  return length >= PASSWORD_MIN_LENGTH && length <= PASSWORD_MAX_LENGTH ? normalized : null;
}

/** `normalizedPassword` of one that is to be set. Fails with `invalid` where there is none. */
export function acceptablePassword(password: string): string {
  const normalized = normalizedPassword(password);
  if (normalized !== null) return normalized;
  throw invalidField(
    'password',
    `must have from ${String(PASSWORD_MIN_LENGTH)} to ${String(PASSWORD_MAX_LENGTH)} characters`,
    'password_length',
  );
}
