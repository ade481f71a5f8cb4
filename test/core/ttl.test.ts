import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expiryAfter, millisecondsUntil, TTL_HOURS_DEFAULT, TTL_HOURS_MAX, TTL_HOURS_MIN } from '../../src/core/ttl.ts';

describe('time to live', () => {
  it('has the bounds of the contract', () => {
    expect([TTL_HOURS_MIN, TTL_HOURS_DEFAULT, TTL_HOURS_MAX]).toEqual([1, 72, 168]);
  });

  it('ends so many hours of 3,600 seconds after the renewal, across the change of clocks, too', () => {
    expect(expiryAfter('2030-01-01T00:00:00.000Z', 72)).toBe('2030-01-04T00:00:00.000Z');
    expect(expiryAfter('2028-02-28T12:34:56.789Z', 24)).toBe('2028-02-29T12:34:56.789Z');
    expect(expiryAfter('2030-03-31T00:30:00.000Z', 2)).toBe('2030-03-31T02:30:00.000Z');
    expect(expiryAfter('2029-12-31T23:59:59.999Z', 1)).toBe('2030-01-01T00:59:59.999Z');
  });

  it('is over exactly when the milliseconds until then are used up', () => {
    const moment = fc.date({ min: new Date('2020-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.integer({ min: TTL_HOURS_MIN, max: TTL_HOURS_MAX }), (renewedAt, hours) => {
        const expiresAt = expiryAfter(renewedAt.toISOString(), hours);
        const left = millisecondsUntil(expiresAt, renewedAt.getTime());
        expect(left).toBe(hours * 3_600_000);
        expect(millisecondsUntil(expiresAt, renewedAt.getTime() + left - 1)).toBe(1);
        expect(millisecondsUntil(expiresAt, renewedAt.getTime() + left)).toBe(0);
      }),
    );
  });
});
