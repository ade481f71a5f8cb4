import { Gauge, type Registry } from 'prom-client';
import type { ControllerStats } from '../controllers/environment-controller.ts';

/** What the controller does, beside the metrics of HTTP. */
export function registerControllerMetrics(registry: Registry, stats: ControllerStats): void {
  const gauges: readonly [string, string, () => number][] = [
    ['blueberry_leader', 'Whether this replica leads', () => Number(stats.leading)],
    ['blueberry_reconcile_queue', 'Environments that wait for a look or are being looked at', () => stats.queued()],
    ['blueberry_reconciles_total', 'Looks that ended well', () => stats.reconciles],
    ['blueberry_reconcile_failures_total', 'Looks that failed and are tried again', () => stats.failures],
  ];
  for (const [name, help, value] of gauges) {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(value());
        },
      }),
    );
  }
}
