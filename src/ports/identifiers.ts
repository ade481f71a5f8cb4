export interface Identifiers {
  /** `PREFIX_` and 26 characters of a-z and 2-7 (130 random bits): cannot be guessed, and stands in a host name. */
  random(prefix: string): string;
  /** Sorts by the time of its making, to the millisecond and beyond within one process. */
  ordered(prefix: string): string;
  /** A secret of at least 160 random bits, URL-safe. */
  secret(prefix: string): string;
  /** SHA-256, hexadecimal: how secrets and requests are kept and compared. */
  digest(text: string): string;
}
