/** A typed number for a contract to check; text that is none stays text, so that the contract can say so. */
export function wholeNumber(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text;
}
