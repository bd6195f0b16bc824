// What the rules ask of rendered objects.

import { SERVICES } from '../services.mjs';

export { SERVICES };
// A process may serve one of them or all.
export const PROCESSES = [...SERVICES, 'all'];
export const NAME = 'app.kubernetes.io/name';
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'];

export const ofKind = (objects, ...kinds) => objects.filter((object) => kinds.includes(object.kind));
export const named = (objects, kind, name) => ofKind(objects, kind).find((object) => object.metadata.name === name);
export const title = (object) => `${object.kind} ${object.metadata.name}`;

// The pods that objects make: of each its labels, its spec, and what makes it.
export function podsOf(objects) {
  return ofKind(objects, ...WORKLOADS).map((workload) => {
    const { spec } = workload;
    const template = { Pod: workload, CronJob: spec?.jobTemplate?.spec?.template }[workload.kind] ?? spec?.template;
    return {
      workload,
      labels: template?.metadata?.labels ?? {},
      spec: template?.spec ?? {},
      lasts: !['Job', 'CronJob'].includes(workload.kind),
      title: title(workload),
    };
  });
}

export const containersOf = (pod) => [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])];

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels: an empty selector takes everything, none
// nothing.
export function selects(selector, labels) {
  if (!selector) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const holds = ({ key, operator, values = [] }) => {
    if (operator === 'In') return key in labels && values.includes(labels[key]);
    if (operator === 'NotIn') return !(key in labels && values.includes(labels[key]));
    return operator === 'Exists' ? key in labels : !(key in labels);
  };
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every(holds);
}

// The program's own containers, by what they run: "serve enrolment", "migrate", …
export const isVivier = (container) => /(^|\/)vivier(:|@|$)/.test(container.image ?? '');
export const commandOf = (container) => container.args?.[0];
// What runs a service; the portal has no data, no port of gRPC, and stands beside nginx.
export const servesOf = (pod) => {
  const container = pod.spec.containers?.find((one) => isVivier(one) && commandOf(one) === 'serve' && one.args[1] !== 'portal');
  return container && { container, service: container.args[1] };
};

// The value of a flag --name=value.
export const flagOf = (container, name) =>
  container.args
    ?.map(String)
    .findLast((word) => word.startsWith(`--${name}=`))
    ?.slice(name.length + 3);

// The text of all files that a container finds in a folder which ConfigMaps are mounted to.
export function filesIn(objects, pod, container, folder) {
  const mount = container.volumeMounts?.find((one) => one.mountPath === folder);
  const volume = pod.spec.volumes?.find((one) => one.name === mount?.name);
  const maps = [volume?.configMap, ...(volume?.projected?.sources ?? []).map((source) => source.configMap)];
  const found = maps.filter(Boolean).map((map) => named(objects, 'ConfigMap', map.name)?.data ?? {});
  return Object.assign({}, ...found);
}

// What a container is configured with, as one text: the program reads the files in the order of their names.
export function configurationOf(objects, pod, container) {
  const files = filesIn(objects, pod, container, flagOf(container, 'config'));
  return Object.entries(files)
    .filter(([name]) => name.endsWith('.textproto'))
    .sort()
    .map(([, text]) => text)
    .join('\n');
}
export const field = (text, name) => new RegExp(`^\\s*${name}: *"([^"]*)"`, 'm').exec(text)?.[1];

// What a rule says of the program's own containers.
export const eachOwn = (objects, check) =>
  podsOf(objects).flatMap((pod) =>
    containersOf(pod)
      .filter(isVivier)
      .flatMap((container) => check(container, pod).map((what) => `${pod.title} ${what}`)),
  );
