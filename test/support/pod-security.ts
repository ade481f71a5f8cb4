import { type Container, containersOf, type PodTemplate, type SecurityContext } from './manifests.ts';

const VOLUMES = 'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' ');
const PROFILES = ['RuntimeDefault', 'Localhost'];

/** What of a pod the Pod Security Standard `restricted` forbids: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export function restrictedFaults(template: PodTemplate): string[] {
  const { spec, metadata } = template;
  const { sysctls = [] } = spec.securityContext ?? {};
  const faults = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((key) => spec[key] === true) as string[];
  if (sysctls.length > 0) faults.push('sysctls');
  if (Object.keys(metadata.annotations ?? {}).some((key) => key.includes('apparmor'))) faults.push('AppArmor');
  for (const { name, ...source } of spec.volumes ?? []) {
    const kinds = Object.keys(source);
    if (kinds.some((kind) => !VOLUMES.includes(kind))) faults.push(`volume ${name}: ${kinds.join()}`);
  }
  const ofContainers = containersOf(template).flatMap((container) =>
    containerFaults(container, spec.securityContext ?? {}).map((fault) => `container ${container.name}: ${fault}`),
  );
  return [...faults, ...ofContainers];
}

function containerFaults({ securityContext: own = {}, ports = [] }: Container, pod: SecurityContext): string[] {
  const { add = [], drop = [] } = own.capabilities ?? {};
  const checks: [string, boolean][] = [
    ['privileged', own.privileged === true],
    ['allowPrivilegeEscalation', own.allowPrivilegeEscalation !== false],
    ['capabilities are kept', !drop.includes('ALL')],
    ['capabilities are added', add.some((capability) => capability !== 'NET_BIND_SERVICE')],
    ['runAsNonRoot', (own.runAsNonRoot ?? pod.runAsNonRoot) !== true],
    ['runAsUser', (own.runAsUser ?? pod.runAsUser) === 0],
    ['seccompProfile', !PROFILES.includes((own.seccompProfile ?? pod.seccompProfile)?.type ?? '')],
    ['appArmorProfile', !PROFILES.includes((own.appArmorProfile ?? pod.appArmorProfile)?.type ?? 'RuntimeDefault')],
    ['seLinuxOptions', (own.seLinuxOptions ?? pod.seLinuxOptions) !== undefined],
    ['procMount', (own.procMount ?? 'Default') !== 'Default'],
    ['hostPort', ports.some(({ hostPort }) => hostPort !== undefined)],
  ];
  return checks.filter(([, isFault]) => isFault).map(([fault]) => fault);
}
