import { createRandomIdentifiers } from '../../src/adapters/system/random-identifiers.ts';
import { describeIdentifiersContract } from './identifiers.suite.ts';

describeIdentifiersContract('random', createRandomIdentifiers);
