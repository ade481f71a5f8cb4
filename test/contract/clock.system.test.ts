import { setTimeout as pause } from 'node:timers/promises';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { describeClockContract } from './clock.suite.ts';

describeClockContract('system', () => ({
  clock: createSystemClock(),
  pass: (milliseconds) => pause(milliseconds),
}));

describeClockContract('the stepped clock of the tests', () => {
  const clock = steppedClock();
  return { clock, pass: (milliseconds) => clock.advance(milliseconds) };
});
