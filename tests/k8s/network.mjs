// Network policies, judged by what they let through: for every two ends and every port, both the one that sends and the
// one that receives must allow it if, and only if, somebody has to go that way. The services' ways are calls.txt.
import fs from 'node:fs';
import path from 'node:path';
import { containersOf, filesIn, flagOf, isVivier, NAME, ofKind, podsOf, PROCESSES, selects } from './objects.mjs';

const LIST = path.join(path.dirname(new URL(import.meta.url).pathname), 'calls.txt');
export const CALLS = fs
  .readFileSync(LIST, 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))
  .map((line) => line.split(' '));

const GRPC = 7400,
  METRICS = 9464,
  EDGE = 8443,
  REDIS = 6379,
  POSTGRES = 5432,
  DNS = 53,
  HTTPS = 443;

// Ends that are not ours. A stranger is a pod of somebody else's in the same cluster.
const STRANGER = { name: 'a stranger', namespace: 'elsewhere', labels: {}, ports: [] };
const PROMETHEUS = { name: 'prometheus', namespace: 'monitoring', labels: {}, ports: [] };
const NAMES = { name: 'the name server', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, ports: [DNS] };
const OUTSIDE = { name: 'the outside', address: '192.0.2.1', labels: {}, ports: [HTTPS, POSTGRES, 80, 22, GRPC] };

function endsOf(objects) {
  return podsOf(objects).map((pod) => ({
    name: pod.labels[NAME],
    namespace: pod.workload.metadata.namespace,
    labels: pod.labels,
    containerPorts: containersOf(pod).flatMap((container) => container.ports ?? []),
    ports: containersOf(pod).flatMap((container) => (container.ports ?? []).map((port) => port.containerPort)),
    pod,
  }));
}

// ---- what the policies say: https://kubernetes.io/docs/concepts/services-networking/network-policies ---------------

function bits(address) {
  return address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function inBlock(address, cidr) {
  const [base, length] = cidr.split('/');
  const size = 2 ** (32 - Number(length));
  return Math.floor(bits(address) / size) === Math.floor(bits(base) / size);
}

// Any pod may have any address, so a block that is not all of them is for what is outside alone.
function inIpBlock(end, { cidr, except = [] }) {
  if (!end.address) return cidr === '0.0.0.0/0' && except.length === 0;
  return inBlock(end.address, cidr) && !except.some((one) => inBlock(end.address, one));
}

function isPeer(peer, end, home) {
  if (peer.ipBlock) return inIpBlock(end, peer.ipBlock);
  if (end.address) return false;
  const there = peer.namespaceSelector
    ? selects(peer.namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace })
    : end.namespace === home;
  return there && (!peer.podSelector || selects(peer.podSelector, end.labels));
}

function isPort({ port, endPort, protocol = 'TCP' }, to, number) {
  if (protocol !== (number === DNS ? 'UDP' : 'TCP')) return false;
  if (port === undefined) return true;
  if (typeof port === 'string')
    return to.containerPorts?.some((one) => one.name === port && one.containerPort === number);
  return number >= port && number <= (endPort ?? port);
}

function lets(policies, side, here, there, to, number) {
  if (!here.pod) return true; // not ours to say
  const [type, rules, peers] = side === 'in' ? ['Ingress', 'ingress', 'from'] : ['Egress', 'egress', 'to'];
  const types = ({ spec }) => spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];
  const over = policies.filter((one) => types(one).includes(type) && selects(one.spec.podSelector, here.labels));
  return (
    over.length === 0 ||
    over.some(({ spec, metadata }) =>
      (spec[rules] ?? []).some(
        (rule) =>
          (!rule[peers]?.length || rule[peers].some((peer) => isPeer(peer, there, metadata.namespace))) &&
          (!rule.ports?.length || rule.ports.some((port) => isPort(port, to, number))),
      ),
    )
  );
}

// ---- who has to go where -------------------------------------------------------------------------------------------

const isService = (end) => PROCESSES.includes(end.name);
const usesPostgres = (end) =>
  containersOf(end.pod).some((container) => isVivier(container) && flagOf(container, 'engine') === 'postgres');

// The ports that a service's configuration leads to outside the cluster.
function outsidePorts(objects, end) {
  const container = containersOf(end.pod).find(isVivier);
  if (!container) return [];
  const text = Object.values(filesIn(objects, end.pod, container, flagOf(container, 'config'))).join('\n');
  const addresses = [...text.matchAll(/^[^#]*?\baddress: *"(?:dns:\/\/\/)?[^":]*\.[^":]*:([0-9]+)"/gm)].map((found) =>
    Number(found[1]),
  );
  if (end.name === 'edge') return /\bsign_in *\{/.test(text) ? [HTTPS] : [];  // its portal asks the issuer
  const outside = flagOf(container, 'postgres') === undefined && usesPostgres(end) ? [POSTGRES] : [];
  return isService(end) ? [HTTPS, ...addresses, ...outside] : outside;
}

function hasToGo(objects, from, to, number) {
  if (to === NAMES) return true;
  if (to.name === 'edge' && from === PROMETHEUS) return number === METRICS || number === EDGE;
  if (to.name === 'edge') return number === EDGE && !from.pod;
  if (to === OUTSIDE) return outsidePorts(objects, from).includes(number);
  if (from === PROMETHEUS) return isService(to) && number === METRICS;
  if (!from.pod) return false;
  if (to.name === 'redis') return isService(from) && number === REDIS;
  if (to.name === 'postgres') return usesPostgres(from) && number === POSTGRES;
  if (!isService(to) || number !== GRPC) return false;
  return from.name === 'edge' || CALLS.some(([caller, callee]) => caller === from.name && callee === to.name);
}

const isDenial = ({ spec }) =>
  Object.keys(spec.podSelector).length === 0 &&
  !spec.ingress &&
  !spec.egress &&
  ['Ingress', 'Egress'].every((type) => spec.policyTypes?.includes(type));

function network(objects) {
  const policies = ofKind(objects, 'NetworkPolicy');
  if (policies.length === 0) return []; // a site may do without, all or none
  const ends = endsOf(objects);
  const findings = policies.some(isDenial) ? [] : ['nothing denies everything first'];
  const opensAll = ({ spec }) => [...(spec.ingress ?? []), ...(spec.egress ?? [])].some((rule) => !rule.ports?.length);
  findings.push(...policies.filter(opensAll).map(({ metadata }) => `${metadata.name} opens every port`));
  for (const from of [...ends, STRANGER, PROMETHEUS, OUTSIDE])
    for (const to of [...ends, NAMES, OUTSIDE]) {
      if (from === to || (!from.pod && !to.pod)) continue;
      for (const number of to.ports) {
        const need = hasToGo(objects, from, to, number);
        const way = `${from.name} to ${to.name} at ${number}`;
        const sends = lets(policies, 'out', from, to, to, number),
          takes = lets(policies, 'in', to, from, to, number);
        if (need && !sends) findings.push(`${way}: ${from.name} may not send`);
        if (need && !takes) findings.push(`${way}: ${to.name} may not receive`);
        if (!need && from.pod && sends) findings.push(`${way}: ${from.name} may send, and has no reason`);
        const isOpen = to.name === 'edge' && number === EDGE;
        if (!need && to.pod && takes && !isOpen) findings.push(`${way}: ${to.name} may receive, and has no reason`);
      }
    }
  return findings;
}

export const NETWORK = { network };
