import { describe, expect, it } from 'vitest';
import type { ClusterEntry, HistoryEntry, HistoryEvent } from '../support/history.ts';
import { judgeHistory } from '../support/judge-history.ts';

const create = (moment: 'asked' | 'told', id = 'env_1'): HistoryEvent => ({
  source: 'client',
  action: 'create',
  moment,
  id: moment === 'asked' ? null : id,
  name: 'web',
});
const remove = (moment: 'asked' | 'told'): HistoryEvent =>
  ({ ...create('told'), action: 'delete', moment }) as HistoryEvent;
const terminated: HistoryEvent = { source: 'reading', id: 'env_1', status: 'terminated' };
const seen = (
  event: ClusterEntry['event'],
  kind: ClusterEntry['kind'],
  uid = `${kind}-1`,
  revision = 1,
): HistoryEvent => ({
  source: 'cluster',
  event,
  kind,
  name: 'env-web-1',
  uid,
  environmentId: 'env_1',
  revision: kind === 'Application' ? revision : null,
});

const revised = (revision: number): HistoryEvent => seen('revised', 'Application', 'Application-1', revision);

function judge(...events: readonly HistoryEvent[]): readonly string[] {
  return judgeHistory(events.map((event, index): HistoryEntry => ({ ...event, at: index })));
}

const MADE = [seen('made', 'Namespace'), seen('made', 'Application')];
const GONE = [
  seen('leaving', 'Application', 'Application-1', 2),
  seen('gone', 'Application', 'Application-1', 2),
  seen('leaving', 'Namespace'),
  seen('gone', 'Namespace'),
];

describe('the judge of histories', () => {
  it('finds nothing wrong with a life from the creation to the end, nor with one that goes on', () => {
    expect(judge(create('asked'), create('told'), ...MADE)).toEqual([]);
    const whole = [
      create('asked'),
      ...MADE,
      create('told'),
      revised(2),
      remove('asked'),
      ...GONE,
      remove('told'),
      terminated,
    ];
    expect(judge(...whole)).toEqual([]);
  });

  it('leaves open what a deletion without an answer has done', () => {
    expect(judge(create('asked'), create('told'), ...MADE, remove('asked'))).toEqual([]);
  });

  it.each<[string, readonly HistoryEvent[]]>([
    ['it has 0 of kind Application', [create('told'), seen('made', 'Namespace')]],
    ['it has 0 of kind Namespace', [create('told'), seen('made', 'Application')]],
    [
      'Namespace env-web-1 is left behind',
      [create('told'), ...MADE, remove('asked'), remove('told'), ...GONE.slice(0, 3)],
    ],
    ['before anybody had asked for it', [create('told'), ...MADE, ...GONE.slice(0, 1)]],
    ['its Application was made 2 times', [create('told'), ...MADE, seen('made', 'Application', 'another')]],
    ['after its end was told', [create('told'), remove('asked'), remove('told'), terminated, ...MADE, ...GONE]],
    [
      'still there when its end was told',
      [create('told'), ...MADE, remove('asked'), remove('told'), terminated, ...GONE],
    ],
    ['no client has heard of it', MADE],
    ['went back to an earlier revision: 1, 3, 2', [create('told'), ...MADE, revised(3), revised(2)]],
  ])('says that %s', (fault, events) => {
    expect(judge(...events).join('\n')).toContain(fault);
  });
});
