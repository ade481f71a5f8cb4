/** Seals secrets. `associatedData` is the id of the record that keeps the secret: sealed text moved elsewhere won't open. */
export interface Cipher {
  seal(plainText: string, associatedData: string): Promise<string>;
  /** Fails when the text was changed, moved to another record, or sealed with a key that is not known any more. */
  open(sealedText: string, associatedData: string): Promise<string>;
  check(): Promise<void>;
}
