import { describeEnvironmentRuntimeContract } from './environment-runtime.suite.ts';
import { createLocalWorld } from '../support/local-world.ts';

describeEnvironmentRuntimeContract('local processes', createLocalWorld);
