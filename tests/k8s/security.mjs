// A pod may do what it has to and nothing else: the restricted level of Kubernetes' pod security standards
// (https://kubernetes.io/docs/concepts/security/pod-security-standards), and beyond it what an image from scratch makes
// possible. Each rule takes rendered objects and says what is wrong with them.
import { containersOf, ofKind, podsOf, title } from './objects.mjs';

const eachPod = (check) => (objects) =>
  podsOf(objects).flatMap((pod) => check(pod).map((what) => `${pod.title}: ${what}`));
const eachContainer = (check) =>
  eachPod((pod) => containersOf(pod).flatMap((one) => check(one, pod).map((what) => `${one.name} ${what}`)));
const unless = (holds, what) => (holds ? [] : [what]);

function nonRoot(container, pod) {
  const setting = (key) => container.securityContext?.[key] ?? pod.spec.securityContext?.[key];
  return [
    ...unless(setting('runAsNonRoot') === true, 'may run as root'),
    ...unless(setting('runAsUser') > 0, 'has no user of its own'),
    ...unless(setting('runAsGroup') > 0, "is in root's group"),
  ];
}

function privileges({ securityContext = {}, ports = [] }) {
  const { capabilities = {}, allowPrivilegeEscalation, privileged, procMount } = securityContext;
  return [
    ...unless(allowPrivilegeEscalation === false, 'may gain privileges'),
    ...unless(!privileged, 'is privileged'),
    ...unless(!procMount || procMount === 'Default', 'sees more of /proc'),
    ...unless(capabilities.drop?.includes('ALL'), 'keeps capabilities'),
    ...unless(!capabilities.add?.length, `adds ${capabilities.add}`),
    ...unless(
      ports.every((port) => !port.hostPort),
      'takes a port of the node',
    ),
  ];
}

function host({ spec }) {
  const shares = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'].filter((key) => spec[key]);
  const paths = (spec.volumes ?? []).filter((volume) => volume.hostPath);
  return [
    ...shares.map((key) => `sets ${key}`),
    ...paths.map((volume) => `mounts ${volume.hostPath.path} of the node`),
    ...unless(!spec.securityContext?.sysctls?.length, 'changes sysctls'),
    ...unless(spec.securityContext?.supplementalGroups?.includes(0) !== true, "is in root's group"),
    ...unless(spec.securityContext?.fsGroup !== 0, "gives its volumes to root's group"),
  ];
}

function seccomp(container, pod) {
  const own = container.securityContext?.seccompProfile?.type ?? pod.spec.securityContext?.seccompProfile?.type;
  return unless(['RuntimeDefault', 'Localhost'].includes(own), 'filters no system call');
}

function image({ image: name = '' }) {
  const last = name.split('/').at(-1);
  if (last.includes('@sha256:')) return [];
  const tag = last.split(':')[1];
  return unless(tag && tag !== 'latest', `runs ${name}, which may be another one tomorrow`);
}

// Every pod is somebody, and nobody holds a token of the API server, which none of them needs.
function serviceAccounts(objects) {
  const accounts = ofKind(objects, 'ServiceAccount');
  const owners = new Map();
  const ofPods = podsOf(objects).flatMap((pod) => {
    const name = pod.spec.serviceAccountName;
    const other = owners.get(name);
    owners.set(name, pod.title);
    return [
      ...unless(name && name !== 'default', 'has no service account of its own'),
      ...unless(!name || accounts.some((account) => account.metadata.name === name), `service account ${name} is none`),
      ...unless(!other, `shares its service account with ${other}`),
      ...unless(pod.spec.automountServiceAccountToken === false, 'is given a token of the API server'),
      ...unless(
        !pod.spec.volumes?.some((volume) => volume.projected?.sources?.some((one) => one.serviceAccountToken)),
        'mounts a token of the API server',
      ),
    ].map((what) => `${pod.title}: ${what}`);
  });
  return [
    ...ofPods,
    ...accounts
      .filter((account) => account.automountServiceAccountToken !== false)
      .map((account) => `${title(account)} gives tokens away`),
    ...ofKind(objects, 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding').map(
      (role) => `${title(role)}: nothing here has to ask the API server`,
    ),
  ];
}

// A secret in the environment is in every crash report and in `kubectl describe`; one in a manifest is in git.
const SECRET_NAME = /PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY/i;
const SECRET_TEXT = /password\s*[=:]\s*[^\s'"]|-----BEGIN [A-Z ]*PRIVATE KEY|[a-z]+:\/\/[^/\s:@]+:[^/\s@]+@/i;

function secretsInEnvironment({ env = [], envFrom = [], args = [], command = [] }) {
  return [
    ...env
      .filter(({ valueFrom }) => valueFrom?.secretKeyRef)
      .map(({ name }) => `takes the secret ${name} from its environment`),
    ...env
      .filter(({ name, value }) => value && SECRET_NAME.test(name))
      .map(({ name }) => `has ${name} in its manifest`),
    ...env.filter(({ value }) => SECRET_TEXT.test(value ?? '')).map(({ name }) => `has a secret in ${name}`),
    ...envFrom
      .filter(({ secretRef }) => secretRef)
      .map(({ secretRef }) => `takes ${secretRef.name} into its environment`),
    ...[...args, ...command]
      .filter((word) => SECRET_TEXT.test(word))
      .map((word) => `has a secret in ${word.split('=')[0]}`),
  ];
}

const secretsInManifests = (objects) => [
  ...ofKind(objects, 'Secret').map((secret) => `${title(secret)} is in the manifests`),
  ...ofKind(objects, 'ConfigMap').flatMap((map) =>
    Object.entries(map.data ?? {})
      .filter(([, text]) => SECRET_TEXT.test(text))
      .map(([file]) => `${title(map)}: a secret in ${file}`),
  ),
];

// libpq and our own program refuse a key that others may read; 0440 is root's with the pod's group.
const SECRET_MODE_MOST = 0o440;
function secretModes({ spec }) {
  const { fsGroup, runAsGroup } = spec.securityContext ?? {};
  const holds = (volume) => volume.secret || volume.projected?.sources?.some((one) => one.secret);
  const unread = unless(
    !spec.volumes?.some(holds) || (fsGroup > 0 && fsGroup === runAsGroup),
    'cannot read its secrets',
  );
  return unread.concat(
    (spec.volumes ?? []).flatMap((volume) => {
      const source =
        volume.secret ?? (volume.projected?.sources?.some((one) => one.secret) ? volume.projected : undefined);
      if (!source) return [];
      const items = source.items ?? source.sources?.flatMap((one) => one.secret?.items ?? []) ?? [];
      const modes = [source.defaultMode ?? 0o644, ...items.map((item) => item.mode ?? 0)];
      return unless(
        modes.every((mode) => (mode & ~SECRET_MODE_MOST) === 0),
        `lets others read ${volume.name}`,
      );
    }),
  );
}

export const SECURITY = {
  'non-root': eachContainer(nonRoot),
  'read-only-root': eachContainer(({ securityContext }) =>
    unless(securityContext?.readOnlyRootFilesystem === true, 'may write to its image'),
  ),
  privileges: eachContainer(privileges),
  host: eachPod(host),
  seccomp: eachContainer(seccomp),
  image: eachContainer(image),
  'service-account': serviceAccounts,
  'secret-in-environment': eachContainer(secretsInEnvironment),
  'secret-in-manifest': secretsInManifests,
  'secret-mode': eachPod(secretModes),
};
