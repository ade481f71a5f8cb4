import { expect, it } from 'vitest';
import { htmlText } from '../../src/http/ui/components/html.ts';
import { Sentence } from '../../src/http/ui/components/sentence.tsx';

const drawn = (text: string): string => htmlText(<Sentence text={text} />);

it('shows what stands in backticks as code, and runs none of it', () => {
  expect(drawn('`npm ci` failed: <b>no</b> `<script>`.')).toBe(
    '<code>npm ci</code> failed: &lt;b&gt;no&lt;/b&gt; <code>&lt;script&gt;</code>.',
  );
});

it('leaves a backtick that is alone', () => {
  expect(drawn('A ` and no other.')).toBe('A ` and no other.');
});

it('shows a time as one that the browser puts into the words of its reader', () => {
  expect(drawn('Lives until 2026-11-28T21:09:00.515Z.')).toBe(
    'Lives until <time datetime="2026-11-28T21:09:00.515Z" data-moment="">2026-11-28 21:09 UTC</time>.',
  );
});

it('leads to an environment that is named by its id', () => {
  expect(drawn('Taken by the living environment env_abc234.')).toMatch(
    /^Taken by the living <a href="\/environments\/env_abc234"[^>]*>environment<span [^>]*> \(opens in a new tab\)<\/span><\/a>\.$/,
  );
});

it('takes out what reorders or recolours the text', () => {
  expect(drawn('\u001b[31mred\u001b[0m \u202etxt')).toBe('red txt');
});
