/** CSI (`ESC [ … letter`), OSC (`ESC ] … BEL` or `ESC \`), and the two-character sequences of ECMA-48. */
const ESCAPE_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_]|[ -/]+[0-~])?/g; // eslint-disable-line no-control-regex -- they are what is removed
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g; // eslint-disable-line no-control-regex -- they are what is removed
/** They reorder what stands around them, so that text reads as something that it is not. */
const DIRECTION_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * What a program printed or a stranger named, as text that shows what it is: without terminal escape sequences, control
 * characters other than tab and line feed, and controls of writing direction. It is not HTML: escape it as any text.
 */
export function plainText(text: string): string {
  return text.replace(ESCAPE_SEQUENCE, '').replace(CONTROL_CHARACTER, '').replace(DIRECTION_CONTROL, '');
}
