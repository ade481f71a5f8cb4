import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveName, kubernetesName, nameFault, numberedName } from '../../src/core/naming.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string({ maxLength: 120 }));
const validName = anyText.map(deriveName);

describe('nameFault', () => {
  it.each(['a', '1', 'pr-42', 'a-b-c', '0x0', 'a'.repeat(40), `${'a'.repeat(38)}-1`])('accepts %s', (name) => {
    expect(nameFault(name)).toBeNull();
  });

  it.each([
    ['', /empty/],
    ['a'.repeat(41), /at most 40/],
    ['Pr-42', /lower-case/],
    ['pr.42', /DNS label/],
    ['pr_42', /DNS label/],
    ['-x', /both ends/],
    ['x-', /both ends/],
    ['-', /both ends/],
    ['a--b', /two hyphens/],
    ['🫐', /DNS label/],
    ['pr 42', /DNS label/],
    ['pr-42\n', /DNS label/],
    ['\u00e4', /DNS label/],
    ['\u0430', /DNS label/],
    ['../x', /DNS label/],
  ])('refuses %j', (name, fault) => {
    expect(nameFault(name)).toMatch(fault);
  });
});

describe('deriveName', () => {
  it.each([
    ['feature/Login Page', 'feature-login-page'],
    ['main', 'main'],
    ['fix/Über--größe', 'fix-uber-gro-e'],
    ['--', 'environment'],
    ['日本語', 'environment'],
    ['a/'.repeat(60), 'a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a'],
    [`${'a'.repeat(39)}/b`, 'a'.repeat(39)],
    ['_private_', 'private'],
  ])('makes %j into %s', (branch, name) => {
    expect(deriveName(branch)).toBe(name);
  });

  it('makes a valid name of anything, and leaves valid names as they are', () => {
    fc.assert(
      fc.property(anyText, (branch) => {
        const name = deriveName(branch);
        expect(nameFault(name)).toBeNull();
        expect(deriveName(name)).toBe(name);
      }),
    );
  });
});

describe('numberedName', () => {
  it('is valid, ends with the number, and differs for different numbers', () => {
    fc.assert(
      fc.property(validName, fc.integer({ min: 2, max: 200_000 }), (base, number) => {
        const name = numberedName(base, number);
        expect(nameFault(name)).toBeNull();
        expect(name.endsWith(`-${String(number)}`)).toBe(true);
        expect(numberedName(base, number + 1)).not.toBe(name);
      }),
    );
    expect(numberedName('pr-42', 2)).toBe('pr-42-2');
    expect(numberedName('a'.repeat(40), 12)).toBe(`${'a'.repeat(37)}-12`);
  });
});

describe('kubernetesName', () => {
  it('is a DNS label of at most 53 characters that begins with env- and tells records of one name apart', () => {
    const id = fc.stringMatching(/^env_[a-z2-7]{26}$/);
    fc.assert(
      fc.property(validName, id, (name, environmentId) => {
        const kubernetes = kubernetesName(name, environmentId);
        expect(kubernetes).toMatch(/^env-[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/);
        expect(kubernetes.length).toBeLessThanOrEqual(53);
        expect(kubernetes.endsWith(environmentId.slice(-6))).toBe(true);
        expect(kubernetes).toBe(`env-${name}-${environmentId.slice(-6)}`);
      }),
    );
  });
});
