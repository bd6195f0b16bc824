// What one object says of another one: selectors, ports, names. Kubernetes takes every object for itself, and a name
// that nobody bears is found when it is needed.
import { containersOf, named, NAME, ofKind, podsOf, PROCESSES, selects, servesOf, title } from './objects.mjs';

const unless = (holds, what) => (holds ? [] : [what]);
const each = (list, check) => list.flatMap((one) => check(one).map((what) => `${title(one)} ${what}`));
const eachPod = (objects, check) => podsOf(objects).flatMap((pod) => check(pod).map((what) => `${pod.title} ${what}`));

// What the operator puts there and no manifest may have: docs/kubernetes.md says how.
export const GIVEN_SECRETS = ['school-keys', 'authority', 'edge-outside', 'parent-codes', 'portal-keys', 'postgres-client', 'redis-password'];
export const GIVEN_CONFIG_MAPS = ['revocations', 'parent-authorities'];

// A site is a namespace, in which the cluster refuses pods that may too much: what is outside it, or for the whole
// cluster, is not ours to change.
function namespace(objects) {
  const found = new Set(objects.filter(({ kind }) => kind !== 'Namespace').map((object) => object.metadata.namespace));
  const [only] = found;
  const labels = named(objects, 'Namespace', only)?.metadata.labels ?? {};
  return [
    ...unless(labels['pod-security.kubernetes.io/enforce'] === 'restricted', `the namespace ${only} lets every pod in`),
    ...unless(found.size === 1 && only, `the objects are in ${found.size} namespaces: ${[...found]}`),
    ...unless(!/^(default|kube-.*)$/.test(only ?? ''), `the objects are in ${only}`),
  ];
}

const workloads = (objects) =>
  each(ofKind(objects, 'Deployment', 'StatefulSet', 'DaemonSet'), ({ spec }) => [
    ...unless(selects(spec.selector, spec.template.metadata?.labels ?? {}), 'does not select its own pods'),
    ...unless(
      podsOf(objects).filter((pod) => selects(spec.selector, pod.labels)).length <= 1,
      'selects the pods of others',
    ),
    ...unless(
      spec.serviceName === undefined || named(objects, 'Service', spec.serviceName)?.spec.clusterIP === 'None',
      `has no headless Service ${spec.serviceName}`,
    ),
    ...unless(spec.updateStrategy?.type !== 'OnDelete', 'keeps its pods when it changes'),
  ]);

// A Service of another namespace's or of no pods answers nobody; a port without a name says nothing in a policy, a
// chart or a monitor.
function services(objects) {
  const pods = podsOf(objects).filter((pod) => pod.lasts);
  return each(ofKind(objects, 'Service'), ({ metadata, spec }) => {
    const behind = pods.filter((pod) => selects(spec.selector && { matchLabels: spec.selector }, pod.labels));
    const ports = behind.flatMap((pod) => containersOf(pod).flatMap((container) => container.ports ?? []));
    return [
      ...unless(behind.length === 1, `stands before the pods of ${behind.length} workloads`),
      ...(spec.ports ?? []).flatMap((port) => [
        ...unless(port.name, `has a port ${port.port} without a name`),
        ...unless(
          ports.some((one) => one.name === port.targetPort),
          `leads to the port ${port.targetPort}, which no pod names`,
        ),
      ]),
      ...unless(spec.ports?.length > 0, 'has no port'),
      ...unless(['ClusterIP', undefined].includes(spec.type) || metadata.name === 'edge', 'is open to the outside'),
      ...unless(!spec.externalIPs, 'takes addresses outside'),
    ];
  });
}

// Callers share their calls among the addresses of a name: one address, one pod.
const headless = (objects) =>
  podsOf(objects)
    .filter(servesOf)
    .flatMap((pod) => {
      const { service } = servesOf(pod);
      const found = named(objects, 'Service', service);
      return [
        ...unless(PROCESSES.includes(service), `${pod.title} serves ${service}, which is none`),
        ...unless(pod.labels[NAME] === service, `${pod.title} serves ${service} under another name`),
        ...unless(found?.spec.clusterIP === 'None', `Service ${service} is not headless`),
        ...unless(!found?.spec.publishNotReadyAddresses, `Service ${service} names pods that are not ready`),
      ];
    });

const ports = (objects) =>
  eachPod(objects, (pod) => {
    const all = containersOf(pod).flatMap((container) => container.ports ?? []);
    const twice = (key) =>
      all.filter((port, i) => port[key] !== undefined && all.findIndex((one) => one[key] === port[key]) < i);
    return [
      ...all.filter((port) => !port.name).map((port) => `has a port ${port.containerPort} without a name`),
      ...twice('name').map((port) => `names two ports ${port.name}`),
      ...twice('containerPort').map((port) => `has the port ${port.containerPort} twice`),
    ];
  });

// Each replaceable workload says how much of it may be away at a time, and lets a node be drained.
function disruption(objects) {
  const budgets = ofKind(objects, 'PodDisruptionBudget');
  const lasting = podsOf(objects).filter((pod) => pod.lasts);
  return [
    ...each(budgets, ({ spec }) => {
      const covered = lasting.filter((pod) => selects(spec.selector, pod.labels));
      const replicas = covered[0]?.workload.spec.replicas ?? 1;
      const count = (number) =>
        typeof number === 'string' ? Math.ceil((parseInt(number, 10) * replicas) / 100) : number;
      const away = count(spec.maxUnavailable) ?? replicas - (count(spec.minAvailable) ?? replicas);
      return [
        ...unless(covered.length === 1, `is for the pods of ${covered.length} workloads`),
        ...unless(away >= 1, 'lets no node be drained'),
        ...unless(replicas < 2 || away < replicas, 'lets all pods go at once'),
      ];
    }),
    ...lasting.flatMap((pod) =>
      unless(
        budgets.filter(({ spec }) => selects(spec.selector, pod.labels)).length === 1,
        `${pod.title} has no budget of its own`,
      ),
    ),
  ];
}

function volumes(objects) {
  const made = ofKind(objects, 'Certificate').map((certificate) => certificate.spec.secretName);
  const issued = /-certificate$/; // where cert-manager is not at hand, the operator's
  const secret = (name) => GIVEN_SECRETS.includes(name) || (made.length > 0 ? made.includes(name) : issued.test(name));
  const map = (name) => GIVEN_CONFIG_MAPS.includes(name) || named(objects, 'ConfigMap', name);
  return eachPod(objects, (pod) => {
    const claims = (pod.workload.spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata.name);
    const own = pod.spec.volumes ?? [];
    const names = [...claims, ...own.map((volume) => volume.name)];
    const given = own.filter((one) => one.configMap || one.secret || one.projected).map((one) => one.name);
    const mounts = containersOf(pod).flatMap((container) => container.volumeMounts ?? []);
    const sources = own.flatMap((volume) => [volume, ...(volume.projected?.sources ?? [])]);
    return [
      ...mounts
        .filter((mount) => !names.includes(mount.name))
        .map((mount) => `mounts ${mount.name}, which is no volume`),
      ...names
        .filter((name) => !mounts.some((mount) => mount.name === name))
        .map((name) => `has a volume ${name} for nobody`),
      ...sources
        .map((source) => source.secret?.secretName ?? source.secret?.name)
        .filter((name) => name && !secret(name))
        .map((name) => `needs a Secret ${name} that nobody makes`),
      ...sources
        .map((source) => source.configMap?.name)
        .filter((name) => name && !map(name))
        .map((name) => `needs a ConfigMap ${name} that is none`),
      ...own
        .map((volume) => volume.persistentVolumeClaim?.claimName)
        .filter((name) => name && !named(objects, 'PersistentVolumeClaim', name))
        .map((name) => `needs a claim ${name} that is none`),
      ...mounts
        .filter((mount) => !mount.readOnly && given.includes(mount.name))
        .map((mount) => `may write to ${mount.name}`),
      ...(pod.workload.spec.volumeClaimTemplates ?? [])
        .filter((claim) => !claim.spec.resources?.requests?.storage)
        .map((claim) => `does not say how large ${claim.metadata.name} is`),
      ...own
        .filter((volume) => volume.emptyDir && !volume.emptyDir.sizeLimit)
        .map((volume) => `lets ${volume.name} fill the node`),
      ...containersOf(pod).flatMap((container) => {
        const paths = (container.volumeMounts ?? []).map((mount) => mount.mountPath);
        return paths.filter((path, i) => paths.indexOf(path) < i).map((path) => `mounts two volumes at ${path}`);
      }),
    ];
  });
}

function monitors(objects) {
  const pods = podsOf(objects);
  return each(ofKind(objects, 'PodMonitor'), ({ spec }) => {
    const seen = pods.filter((pod) => selects(spec.selector, pod.labels));
    const lacks = (pod, port) =>
      !containersOf(pod).some((container) => container.ports?.some((one) => one.name === port));
    return [
      ...pods
        .filter(servesOf)
        .filter((pod) => !seen.includes(pod))
        .map((pod) => `does not see ${pod.title}`),
      ...spec.podMetricsEndpoints.flatMap(({ port }) =>
        seen
          .filter((pod) => lacks(pod, port))
          .map((pod) => `asks ${pod.title} at a port ${port} that it does not name`),
      ),
    ];
  });
}

export const WIRING = {
  namespace,
  workload: workloads,
  service: services,
  headless,
  ports,
  disruption,
  volumes,
  monitor: monitors,
};
