import { expect, it } from 'vitest';
import { listenProblem } from '../../src/composition/listen-problem.ts';

const failure = (code: string, syscall = 'listen'): Error => Object.assign(new Error(code), { code, syscall });

it.each([
  [
    { host: '127.0.0.1', port: 80 },
    failure('EACCES'),
    "Blueberry can't listen on 127.0.0.1:80: the system does not allow this port to you, so set PORT to one from 1024 on.",
  ],
  [
    { host: '2001:db8::1', port: 8000 },
    failure('EADDRNOTAVAIL'),
    "Blueberry can't listen on [2001:db8::1]:8000: this machine has no such address, so set HOST to one that it has, such as 127.0.0.1.",
  ],
  [
    { host: 'nowhere.invalid', port: 8000 },
    failure('ENOTFOUND', 'getaddrinfo'),
    "Blueberry can't listen on nowhere.invalid:8000: there is no host of this name, so set HOST to an address of this machine, such as 127.0.0.1.",
  ],
])('says why %j can not be listened on, and what to do', (address, error, sentence) => {
  expect(listenProblem(error, address)).toBe(sentence);
});

it('has nothing to say of other errors', () => {
  const address = { host: '127.0.0.1', port: 8000 };
  for (const error of [new Error('x'), failure('EACCES', 'open'), failure('EMFILE'), 'x'])
    expect(listenProblem(error, address)).toBeNull();
});
