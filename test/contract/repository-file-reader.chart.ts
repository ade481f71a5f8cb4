import type { OwnChart, RepositoryFile } from '../../src/core/repository-file.ts';

/** Text, and what it says beyond nothing. */
export type Understood = readonly [what: string, text: string, file: Partial<RepositoryFile>];

/** Text, and each fault that it has: its line, and what its sentence must speak of. */
export type Faulty = readonly [what: string, text: string, faults: readonly [line: number, about: RegExp][]];

export const lines = (...text: string[]): string => `${text.join('\n')}\n`;

const CHART: OwnChart = { path: 'chart', imageValues: null, sleepValues: null, service: null, port: 80 };

export const CHARTS_UNDERSTOOD: readonly Understood[] = [
  ['the folder of a chart', 'chart: deploy/chart', { chart: { ...CHART, path: 'deploy/chart' } }],
  ['a chart at the root', 'chart: {path: .}', { chart: { ...CHART, path: '.' } }],
  [
    'everything about a chart',
    lines(
      'chart:',
      '  path: /deploy/chart',
      '  image_values: {repository: web.image.repository, digest: web.image.digest, tag: web.image.tag, reference: whole}',
      '  sleep_values: {replicaCount: 0, worker: {enabled: false, note: null}}',
      '  service: web',
      '  port: 8080',
    ),
    {
      chart: {
        path: '/deploy/chart',
        imageValues: {
          repository: ['web', 'image', 'repository'],
          tag: ['web', 'image', 'tag'],
          digest: ['web', 'image', 'digest'],
          reference: ['whole'],
        },
        sleepValues: { replicaCount: 0, worker: { enabled: false, note: null } },
        service: 'web',
        port: 8080,
      },
    },
  ],
  [
    'a chart that takes its image in one value',
    'chart: {path: chart, image_values: {reference: image}, sleep_values: {}, service: null}',
    {
      chart: {
        ...CHART,
        imageValues: { repository: null, tag: null, digest: null, reference: ['image'] },
        sleepValues: {},
      },
    },
  ],
];

export const FAULTY_CHARTS: readonly Faulty[] = [
  ['a chart that is a number', 'chart: 5', [[1, /chart must be the folder of a chart, or a map/]]],
  ['a chart without a path', lines('chart:', '  port: 80'), [[1, /chart.path must be the folder/]]],
  ['a chart out of the repository', 'chart: ../other', [[1, /chart must be a folder within the repository/]]],
  ['a chart in a folder that is out of it', lines('chart:', '  path: a/../../b'), [[2, /chart.path/]]],
  ['a chart at no path', 'chart: ""', [[1, /chart must be the folder/]]],
  ['an unknown key of the chart', lines('chart:', '  path: c', '  values: {}'), [[3, /chart.values/]]],
  [
    'values of an image that are no paths',
    lines('chart:', '  path: c', '  image_values:', '    tag: a..b', '    digest: a[0]', '    reference: [a]'),
    [
      [4, /chart.image_values.tag/],
      [5, /chart.image_values.digest/],
      [6, /chart.image_values.reference/],
    ],
  ],
  ['an unknown value of an image', 'chart: {path: c, image_values: {name: a, tag: b}}', [[1, /image_values.name/]]],
  ['no value for an image', 'chart: {path: c, image_values: {}}', [[1, /must name a value that takes the image/]]],
  ['one value for all of an image', 'chart: {path: c, image_values: {tag: a.b, digest: a.b}}', [[1, /twice/]]],
  ['a value of an image within another', 'chart: {path: c, image_values: {reference: a, tag: a.b}}', [[1, /within/]]],
  [
    'a value of an image that reaches the prototype',
    'chart: {path: c, image_values: {tag: a.__proto__.b}}',
    [[1, /chart.image_values.tag has a key that is not allowed/]],
  ],
  ['values to sleep by that are none', 'chart: {path: c, sleep_values: 0}', [[1, /chart.sleep_values must be a map/]]],
  [
    'values to sleep by that reach the prototype',
    lines('chart:', '  path: c', '  sleep_values:', '    __proto__: {a: 1}'),
    [[4, /__proto__/]],
  ],
  [
    'a Service and a port that can not be',
    lines('chart:', '  path: c', '  service: Web', '  port: 65536'),
    [
      [3, /chart.service/],
      [4, /chart.port/],
    ],
  ],
  ['a port in between', 'chart: {path: c, port: 80.5}', [[1, /chart.port must be a whole number/]]],
];
