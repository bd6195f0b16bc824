// What a configuration says of the other objects: ports, peers, stores, folders.
import { CALLS } from './network.mjs';
import {
  configurationOf,
  eachOwn,
  field,
  flagOf,
  named,
  ofKind,
  podsOf,
  selects,
  servesOf,
  SERVICES,
  title,
} from './objects.mjs';

const unless = (holds, what) => (holds ? [] : [what]);

// The ports of the pod are those that the process listens at.
const listens = (objects) =>
  eachOwn(objects, (container, pod) => {
    if (servesOf(pod)?.container !== container) return [];
    const text = configurationOf(objects, pod, container);
    return Object.entries({ grpc: 'listen_address', health: 'health_address', metrics: 'metrics_address' }).flatMap(
      ([name, key]) => {
        const port = container.ports?.find((one) => one.name === name)?.containerPort;
        return unless(field(text, key) === `0.0.0.0:${port}`, `has its port ${name} elsewhere than its ${key}`);
      },
    );
  });

// A peer is a Service of the site with that port, and each service of the site knows all that it calls.
function peers(objects) {
  const processes = podsOf(objects).filter(servesOf);
  const served = processes.map((pod) => servesOf(pod).service);
  const serving = ({ spec }) =>
    processes.filter((pod) => selects({ matchLabels: spec.selector }, pod.labels)).map((pod) => servesOf(pod).service);
  return eachOwn(objects, (container, pod) => {
    const text = configurationOf(objects, pod, container);
    const known = [...text.matchAll(/^\s*peers *\{ *service: *"([^"]*)" *address: *"([^"]*)"/gm)].map((found) =>
      found.slice(1),
    );
    const needs = CALLS.filter(([caller, callee]) => caller === servesOf(pod)?.service && served.includes(callee));
    return [
      ...known.flatMap(([service, address]) => {
        const [, host, port] = /^dns:\/\/\/([a-z-]+):([0-9]+)$/.exec(address) ?? [];
        const there = named(objects, 'Service', host);
        return [
          ...unless(SERVICES.includes(service), `has a peer ${service}, which is no service`),
          ...unless(
            there?.spec.ports.some((one) => String(one.port) === port),
            `looks for ${service} at ${address}, where nobody is`,
          ),
          ...unless(
            !there || serving(there).some((one) => [service, 'all'].includes(one)),
            `takes ${host} for ${service}`,
          ),
        ];
      }),
      ...needs
        .filter(([, callee]) => !known.some(([service]) => service === callee))
        .map(([, callee]) => `calls ${callee}, and is not told where that is`),
    ];
  });
}

// redis and postgres of the flags are Services of the site as well.
const stores = (objects) =>
  eachOwn(objects, (container) => {
    const redis = flagOf(container, 'redis');
    const postgres = /\bhost=(\S+)/.exec(flagOf(container, 'postgres') ?? '')?.[1];
    const at = (host, port) => named(objects, 'Service', host)?.spec.ports.some((one) => one.port === Number(port));
    return [
      ...unless(!redis || at(...redis.split(':')), `looks for Redis at ${redis}, where none is`),
      ...unless(!postgres || at(postgres, 5432), `looks for PostgreSQL at ${postgres}, where none is`),
      ...unless(
        !flagOf(container, 'postgres') || /sslmode=verify-full/.test(flagOf(container, 'postgres')),
        'talks with PostgreSQL without knowing it',
      ),
    ];
  });

// What the portal reads of a configuration, and nobody else.
const OF_PORTAL = /(session_key_file|client_secret_file): *"[^"]*"/g;

// Each path that a process is told of lies in a volume. The join code of a parent is read by statistics alone.
const paths = (objects) =>
  eachOwn(objects, (container, pod) => {
    const service = servesOf(pod)?.container === container ? servesOf(pod).service : undefined;
    const whole = configurationOf(objects, pod, container);
    const isPortal = container.args?.[0] === 'serve' && container.args[1] === 'portal';
    const text = isPortal ? (whole.match(OF_PORTAL) ?? []).join('\n') : service ? whole.replace(OF_PORTAL, '') : '';
    const read = ['statistics', 'all'].includes(service) ? text : text.replace(/join_codes: *"[^"]*"/g, '');
    const told = [...[read, ...(container.args ?? [])].join('\n').matchAll(/[="](\/[^\s"]+)/g)].map(
      (found) => found[1],
    );
    const mounted = (container.volumeMounts ?? []).map((mount) => mount.mountPath);
    return told
      .filter((one) => !mounted.some((mount) => one === mount || one.startsWith(`${mount}/`)))
      .map((one) => `is told of ${one}, which is in no volume`);
  });

// nginx does not start when a name that it passes calls to is nobody's.
const upstreams = (objects) =>
  ofKind(objects, 'ConfigMap').flatMap((map) =>
    Object.values(map.data ?? {})
      .flatMap((text) => [...text.matchAll(/^upstream [a-z]+ \{ server ([a-z-]+):([0-9]+);/gm)])
      .filter(([, host, port]) => !named(objects, 'Service', host)?.spec.ports.some((one) => one.port === Number(port)))
      .map(([, host, port]) => `${title(map)}: nobody is at ${host}:${port}`),
  );

export const CONFIGURATION = { listens, peers, stores, paths, upstreams };
