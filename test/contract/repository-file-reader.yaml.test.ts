import { createYamlRepositoryFileReader } from '../../src/adapters/yaml/yaml-repository-file-reader.ts';
import { describeRepositoryFileReaderContract } from './repository-file-reader.suite.ts';

describeRepositoryFileReaderContract('YAML', createYamlRepositoryFileReader);
