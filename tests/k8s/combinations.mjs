// The overlays that the components make possible. An overlay names them in this order; one engine is in each.
export const ENGINES = ['sqlite', 'postgres', 'postgres-outside'];
const BEFORE = ['network-policies', 'certificates', 'backup'];
const AFTER = ['backup-sqlite', 'redis', 'edge', 'sign-in', 'parent', 'monitoring', 'autoscaling'];
const OPTIONAL = [...BEFORE, ...AFTER];

const SITE = 'schools: "nancy"\nnetwork: "free-schools"\n';
const OUTSIDE_POSTGRES =
  'postgres: "host=db.example dbname=vivier sslmode=verify-full sslrootcert=/postgres/authorities.pem"\n';
const PARENT =
  'parents {\n  name: "schools/grand-est"\n  address: "dns:///grand-est.example:443"\n' +
  '  join_codes: "/parent-codes"\n  certificates: "/parent"\n}\n';
const SIGN_IN =
  'web {\n  session_key_file: "/portal-keys/web.key"\n  sign_in {\n' +
  '    authorization_endpoint: "https://id.example/auth"\n    token_endpoint: "https://id.example/token"\n' +
  '    client_id: "portal" client_secret_file: "/portal-keys/client.secret"\n' +
  '    redirect_url: "https://nancy.example/-/signed-in"\n  }\n}\n';

// The text of an overlay of an engine and some of the optional components, and its site.textproto.
export function overlay(engine, chosen) {
  const of = (names) => names.filter((name) => chosen.includes(name));
  const components = [...of(BEFORE), engine, ...of(AFTER)];
  const kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: vivier-nancy
resources: ['@/base']
components: [${components.map((name) => `'@/components/${name}'`)}]
configMapGenerator:
  - {name: configuration, behavior: merge, files: [site.textproto]}
images:
  - {name: vivier, newName: registry.example/vivier, newTag: 0.1.0}
  - {name: edge, newName: registry.example/vivier-edge, newTag: 0.1.0}
`;
  const site = [
    SITE,
    engine === 'postgres-outside' ? OUTSIDE_POSTGRES : '',
    chosen.includes('sign-in') ? SIGN_IN : '',
    chosen.includes('parent') ? PARENT : '',
  ].join('');
  return { kustomization, files: { 'site.textproto': site } };
}

const OF_SQLITE = ['backup-sqlite'],
  OF_POSTGRES = ['backup', 'autoscaling'];
const fits = (engine) => (name) => !(engine === 'sqlite' ? OF_POSTGRES : OF_SQLITE).includes(name);

// None, all, each alone, and all but each.
export function pairs() {
  return ENGINES.flatMap((engine) => {
    const names = OPTIONAL.filter(fits(engine));
    const sets = [[], names, ...names.map((one) => [one]), ...names.map((one) => names.filter((name) => name !== one))];
    return sets.map((chosen) => ({ engine, chosen }));
  });
}

// Every subset.
export function all() {
  return ENGINES.flatMap((engine) => {
    const names = OPTIONAL.filter(fits(engine));
    return Array.from({ length: 2 ** names.length }, (_, set) => ({
      engine,
      chosen: names.filter((_, i) => set & (1 << i)),
    }));
  });
}
