// How a pod lives: what it may take, how one knows that it is well, how it ends, how many there are.
import { containersOf, flagOf, isVivier, named, ofKind, podsOf, servesOf, title } from './objects.mjs';

const unless = (holds, what) => (holds ? [] : [what]);
const eachPod = (check) => (objects) =>
  podsOf(objects).flatMap((pod) => check(pod, objects).map((what) => `${pod.title} ${what}`));

const UNITS = { '': 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity
export function quantity(text) {
  const [, number, unit] = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  return Number(number) * (UNITS[unit] ?? NaN);
}

function resources(pod) {
  return containersOf(pod).flatMap(({ name, resources: { requests = {}, limits = {} } = {} }) =>
    ['cpu', 'memory'].flatMap((what) => {
      const asked = quantity(requests[what]),
        most = quantity(limits[what]);
      return [
        ...unless(asked > 0, `${name} asks for no ${what}`),
        ...unless(most > 0, `${name} has no limit of ${what}`),
        ...unless(!(asked > most), `${name} asks for more ${what} than it may have`),
      ];
    }),
  );
}

// Our processes are asked by gRPC where their configuration says, all others in their own way.
const HEALTH_PORT = 7401;
const ASKS = ['grpc', 'httpGet', 'tcpSocket', 'exec'];
const portOf = (probe) => probe?.grpc?.port ?? probe?.tcpSocket?.port ?? probe?.httpGet?.port;

function probe(container, kind) {
  const asked = container[kind];
  if (!asked || !ASKS.some((way) => asked[way])) return [`has no ${kind}`];
  const port = portOf(asked);
  return [
    ...unless(
      port === undefined || container.ports?.some((one) => one.name === port || one.containerPort === port),
      `${kind} asks at a port ${port} that it does not have`,
    ),
    ...unless(
      !isVivier(container) || asked.grpc?.port === HEALTH_PORT,
      `${kind} does not ask by gRPC at ${HEALTH_PORT}`,
    ),
  ];
}

// A process gives itself up after 15 s (docs/identity-of-services.md); who is killed sooner is killed for being busy.
const PATIENCE_SECONDS = 20;

function probes(pod) {
  if (!pod.lasts) return [];
  // Who has no port answers nobody: what follows the data beside a service.
  return (pod.spec.containers ?? [])
    .filter((container, i) => i === 0 || container.ports)
    .flatMap((container) => {
      const { periodSeconds = 10, failureThreshold = 3, timeoutSeconds = 1 } = container.livenessProbe ?? {};
      return [
        ...probe(container, 'readinessProbe'),
        ...probe(container, 'livenessProbe'),
        ...(isVivier(container) ? probe(container, 'startupProbe') : []),
        ...unless(periodSeconds * failureThreshold >= PATIENCE_SECONDS, "is killed after a moment's silence"),
        ...unless(timeoutSeconds >= 1, 'is killed however fast it answers'),
      ].map((what) => `${container.name} ${what}`);
    });
}

// shared/transport/server.h: 25 s to drain and what is left for closing down, after the pause before it.
const DRAIN_SECONDS = 30;

function ending(pod) {
  const serving = servesOf(pod);
  if (!serving) return [];
  const pause = serving.container.lifecycle?.preStop?.sleep?.seconds;
  return [
    ...unless(pause >= 1, 'refuses callers before they hear that it goes'),
    ...unless(
      pod.spec.terminationGracePeriodSeconds >= (pause ?? 0) + DRAIN_SECONDS,
      'is killed before it has drained',
    ),
  ];
}

const engineOf = (container) => flagOf(container, 'engine');

// A file of SQLite has one process that writes (docs/storage.md).
function oneWriter(pod, objects) {
  const serving = servesOf(pod);
  if (!serving) return [];
  const { workload } = pod;
  const scaled = ofKind(objects, 'HorizontalPodAutoscaler').some(
    ({ spec }) => spec.scaleTargetRef.kind === workload.kind && spec.scaleTargetRef.name === workload.metadata.name,
  );
  const data = flagOf(serving.container, 'data');
  const mount = serving.container.volumeMounts?.find((one) => one.mountPath === data);
  const claim = workload.spec.volumeClaimTemplates?.find((one) => one.metadata.name === mount?.name);
  const always = [
    ...unless(['sqlite', 'postgres'].includes(engineOf(serving.container)), 'has no engine'),
    // The list of erasures outlives a database that is put back (docs/erasure.md), so it is on a volume in either case.
    ...unless(workload.kind === 'StatefulSet' && claim, `keeps ${data} on no volume of its own`),
  ];
  if (engineOf(serving.container) === 'postgres')
    return [
      ...always,
      ...unless(scaled || workload.spec.replicas >= 2, 'is alone, so it cannot be replaced without a gap'),
    ];
  return [
    ...always,
    ...unless(workload.spec.replicas === 1 && !scaled, 'may write a file of SQLite from two pods'),
    ...unless(
      claim?.spec.accessModes?.every((mode) => mode === 'ReadWriteOncePod'),
      'has a volume that two pods may mount',
    ),
  ];
}

function oneEngine(objects) {
  const engines = new Set(podsOf(objects).flatMap(containersOf).filter(isVivier).map(engineOf).filter(Boolean));
  return unless(engines.size <= 1, `the processes disagree on the engine: ${[...engines]}`);
}

function autoscaling(objects) {
  return ofKind(objects, 'HorizontalPodAutoscaler').flatMap((scaler) => {
    const { scaleTargetRef, minReplicas = 1, maxReplicas, metrics = [] } = scaler.spec;
    const target = named(objects, scaleTargetRef.kind, scaleTargetRef.name);
    return [
      ...unless(target, `scales ${scaleTargetRef.name}, which is none`),
      ...unless(target?.spec.replicas === undefined, 'is overruled by the replicas of its target'),
      ...unless(minReplicas >= 2 && maxReplicas >= minReplicas, 'scales below two pods, or to none'),
      ...unless(metrics.length > 0, 'scales by nothing'),
    ].map((what) => `${title(scaler)} ${what}`);
  });
}

// Outsiders know the edge alone, so two of it stand there.
function spread(pod) {
  if (pod.labels['app.kubernetes.io/name'] === 'edge' && pod.workload.spec.replicas < 2) return ['is alone'];
  if (!pod.lasts || (pod.workload.spec.replicas ?? 2) < 2) return [];
  const rules = pod.spec.topologySpreadConstraints ?? [];
  const own = ({ topologyKey, labelSelector, matchLabelKeys = [] }) =>
    topologyKey === 'kubernetes.io/hostname' &&
    Object.entries(labelSelector?.matchLabels ?? {}).every(([key, value]) => pod.labels[key] === value) &&
    ['app.kubernetes.io/name'].some((key) => matchLabelKeys.includes(key) || labelSelector?.matchLabels?.[key]);
  return unless(rules.some(own) || pod.spec.affinity?.podAntiAffinity, 'may have all its pods on one machine');
}

// minute, hour, day, month, day of the week (crontab(5)), each a number, *, a range, a list or steps
const CRON_MOST = [59, 23, 31, 12, 7];
const isSchedule = (text) => {
  const fields = text.split(' ');
  const fits = (field, most) =>
    /^(\*|\d+)([-,/]\d+)*$/.test(field) && (field.match(/\d+/g) ?? []).every((number) => Number(number) <= most);
  return fields.length === 5 && fields.every((field, i) => fits(field, CRON_MOST[i]));
};

function jobs(pod) {
  const { workload, spec } = pod;
  if (!['Job', 'CronJob'].includes(workload.kind)) return [];
  const job = workload.kind === 'Job' ? workload.spec : workload.spec.jobTemplate.spec;
  return [
    ...unless(['OnFailure', 'Never'].includes(spec.restartPolicy), 'never ends'),
    ...unless(workload.kind === 'CronJob' || job.ttlSecondsAfterFinished > 0, 'is in the way of the next one'),
    ...unless(workload.kind === 'Job' || workload.spec.concurrencyPolicy === 'Forbid', 'may run twice at a time'),
    ...unless(workload.kind === 'Job' || isSchedule(workload.spec.schedule), 'has no time at which it runs'),
    ...unless(workload.kind === 'Job' || job.activeDeadlineSeconds > 0, 'may run for ever'),
  ];
}

export const OPERATION = {
  resources: eachPod(resources),
  probes: eachPod(probes),
  ending: eachPod(ending),
  'one-writer': eachPod(oneWriter),
  'one-engine': oneEngine,
  autoscaling,
  spread: eachPod(spread),
  job: eachPod(jobs),
};
