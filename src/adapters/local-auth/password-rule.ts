import type { InputFault } from '../../core/errors.ts';

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

/** What is wrong with one that is to be set where there is no `normalizedPassword` of it. */
export const BAD_LENGTH: InputFault = {
  loc: ['body', 'password'],
  msg: `must have from ${String(PASSWORD_MIN_LENGTH)} to ${String(PASSWORD_MAX_LENGTH)} characters`,
  type: 'password_length',
};
