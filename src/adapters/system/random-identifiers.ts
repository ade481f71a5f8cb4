import { hash, randomBytes } from 'node:crypto';
import type { Identifiers } from '../../ports/identifiers.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const RANDOM_CHARACTERS = 26;
const SECRET_BYTES = 32;
const TIME_DIGITS = 10;
const COUNTER_DIGITS = 4;
const ORDERED_RANDOM_CHARACTERS = 12;
/** Digits whose order as text is their order as numbers, so that ids sort by time. */
const SORTABLE = '0123456789abcdefghijklmnopqrstuv';

export function createRandomIdentifiers(): Identifiers {
  let lastMs = 0;
  let counter = 0;

  /** Milliseconds and a counter within them; never goes back, also when the clock does. */
  function nextMoment(): string {
    const now = Date.now();
    if (now > lastMs) {
      lastMs = now;
      counter = 0;
    } else {
      counter += 1;
    }
    return sortable(lastMs, TIME_DIGITS) + sortable(counter, COUNTER_DIGITS);
  }

  return {
    random: (prefix) => `${prefix}_${randomText(RANDOM_CHARACTERS)}`,
    ordered: (prefix) => `${prefix}_${nextMoment()}${randomText(ORDERED_RANDOM_CHARACTERS)}`,
    secret: (prefix) => `${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`,
    digest: (text) => hash('sha256', text),
  };
}

function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET.charAt(byte & 31)).join('');
}

function sortable(value: number, digits: number): string {
  let text = '';
  for (let rest = value, digit = 0; digit < digits; digit += 1) {
    text = SORTABLE.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
