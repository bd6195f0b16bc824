// The pod of a school on SQLite for `podman kube play`, made from the same manifests as in a cluster; deploy/pods runs
// it. Podman knows neither StatefulSet nor projected volumes, and gives no volume to a group: secrets are folders of
// this machine that belong to the pod's user. A school to try: it trusts development tokens.
//
//   node deploy/podman.mjs NETWORK SCHOOL IMAGE CERTIFICATES KEYS STORIES
import { stringify } from '../tests/node_modules/yaml/dist/index.js';
import { renderText } from '../tests/k8s/kustomize.mjs';
import { ofKind, podsOf, servesOf } from '../tests/k8s/objects.mjs';

const [network, school, image, certificates, keys, stories] = process.argv.slice(2);
const [name, tag] = [image.slice(0, image.lastIndexOf(':')), image.slice(image.lastIndexOf(':') + 1)];

const objects = renderText(
  `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: vivier-${school}
resources: ['@/base']
components: ['@/components/sqlite']
configMapGenerator:
  - {name: configuration, behavior: merge, files: [site.textproto]}
images:
  - {name: vivier, newName: ${name}, newTag: ${tag}}
`,
  { 'site.textproto': `schools: "${school}"\nnetwork: "${network}"\n` },
);

const { workload, labels, spec } = podsOf(objects).find(servesOf);
const folders = { certificates, keys };
const claims = workload.spec.volumeClaimTemplates.map(({ metadata, spec: claim }) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: `vivier-${school}-${metadata.name}` },
  spec: claim,
}));
const volumes = [
  ...spec.volumes.map((volume) =>
    folders[volume.name] ? { name: volume.name, hostPath: { path: folders[volume.name], type: 'Directory' } } : volume,
  ),
  ...workload.spec.volumeClaimTemplates.map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: `vivier-${school}-${metadata.name}` },
  })),
  { name: 'stories', hostPath: { path: stories, type: 'Directory' } },
];
// Probes are for a kubelet; podman would ask by itself, in other ways.
const containers = spec.containers.map(
  ({ startupProbe, readinessProbe, livenessProbe, lifecycle, env, ...container }) => ({
    ...container,
    args: [...container.args, '--development'],
    volumeMounts: [...container.volumeMounts, { name: 'stories', mountPath: '/stories', readOnly: true }],
  }),
);
const { securityContext, enableServiceLinks, automountServiceAccountToken, terminationGracePeriodSeconds } = spec;
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `vivier-${school}`, labels },
  spec: {
    securityContext,
    enableServiceLinks,
    automountServiceAccountToken,
    terminationGracePeriodSeconds,
    restartPolicy: 'Never',
    containers,
    volumes,
  },
};
process.stdout.write(
  [...ofKind(objects, 'ConfigMap'), ...claims, pod].map((object) => stringify(object)).join('---\n'),
);
