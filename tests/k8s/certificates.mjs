// Each service shows its own certificate and reads the keys of the school (docs/identity-of-services.md), and each
// certificate that is issued is named as the configuration says.
import { configurationOf, field, flagOf, named, ofKind, podsOf, servesOf, title } from './objects.mjs';

const unless = (holds, what) => (holds ? [] : [what]);

const SCHOOL_KEYS = 'school-keys';

const mountedAt = (container, folder) => container.volumeMounts?.find((mount) => mount.mountPath === folder)?.name;

function shown(objects) {
  return podsOf(objects)
    .filter(servesOf)
    .flatMap((pod) => {
      const { container, service } = servesOf(pod);
      const volume = (folder) => pod.spec.volumes?.find((one) => one.name === mountedAt(container, folder));
      const folder = field(configurationOf(objects, pod, container), 'certificates');
      const sources = volume(folder)?.projected?.sources ?? [];
      const files = sources.flatMap((one) => (one.secret ?? one.configMap)?.items?.map((item) => item.path) ?? []);
      const secrets = sources.map((one) => one.secret?.name).filter(Boolean);
      const keys = volume(`${flagOf(container, 'data')}/keys`)?.secret?.secretName;
      return [
        ...[`${service}.pem`, `${service}.key`, 'authorities.pem', 'revocations.pem']
          .filter((file) => !files.includes(file))
          .map((file) => `has no ${file} in ${folder}`),
        ...unless(
          secrets.every((name) => name === `${service}-certificate`),
          `shows the certificate ${secrets}`,
        ),
        ...unless(keys === SCHOOL_KEYS, 'has no keys of the school, and would make some of its own'),
      ].map((what) => `${pod.title} ${what}`);
    });
}

// What every name of the site begins with.
function siteOf(objects) {
  const pod = podsOf(objects).find(servesOf);
  const text = pod ? configurationOf(objects, pod, servesOf(pod).container) : '';
  return `spiffe://${field(text, 'network')}/school/${field(text, 'schools')}/service/`;
}

function wrongIn(objects, { metadata: { name }, spec }) {
  const {
    uris = [],
    usages = [],
    dnsNames = [],
    secretName,
    commonName,
    privateKey,
    issuerRef,
    duration,
    renewBefore,
  } = spec;
  const isOurs = name !== 'postgres';
  const due = siteOf(objects) + name;
  return [
    ...unless(!isOurs || (uris.length === 1 && uris[0] === due), `is named ${uris}, not ${due}`),
    ...unless(
      ['server auth', 'client auth'].every((usage) => usages.includes(usage)),
      'is not for both ends',
    ),
    ...unless(secretName === `${name}-certificate` && commonName === name, 'is kept under another name'),
    ...unless(privateKey?.algorithm === 'ECDSA' && privateKey.rotationPolicy === 'Always', 'keeps its key'),
    ...unless(named(objects, issuerRef.kind ?? 'Issuer', issuerRef.name), 'has no issuer'),
    ...unless(
      parseInt(renewBefore, 10) >= 24 && parseInt(duration, 10) > parseInt(renewBefore, 10),
      'is renewed too late',
    ),
    ...unless(dnsNames.includes(isOurs ? 'localhost' : name), 'is not for the host name that it is asked by'),
  ];
}

function issued(objects) {
  const certificates = ofKind(objects, 'Certificate');
  if (certificates.length === 0) return [];
  const services = podsOf(objects)
    .filter(servesOf)
    .map((pod) => servesOf(pod).service);
  return [
    ...certificates.flatMap((one) => wrongIn(objects, one).map((what) => `${title(one)} ${what}`)),
    ...services
      .filter((service) => !named(objects, 'Certificate', service))
      .map((service) => `nobody issues ${service}'s`),
  ];
}

export const CERTIFICATES = { certificates: (objects) => [...shown(objects), ...issued(objects)] };
