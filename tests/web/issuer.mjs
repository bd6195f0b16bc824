// oidc-provider with people who show at once who they are: authorization code with PKCE, JWT access tokens for
// "vivier-portal", refresh tokens.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID, webcrypto } from 'node:crypto';
import Provider from 'oidc-provider';

// Debian's Node.js is older than oidc-provider wants.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
globalThis.crypto ??= webcrypto;

export const AUDIENCE = 'vivier-portal';
export const RESOURCE = 'urn:vivier-portal';
export const PERSON = 'jeanne';

export async function startIssuer(port, redirectUri) {
  const url = `http://127.0.0.1:${port}`;
  const key = { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig',
    kid: randomUUID() };
  const provider = new Provider(url, {
    jwks: { keys: [key] },
    clients: [{ client_id: 'portal', client_secret: 'secret', redirect_uris: [redirectUri], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'client_secret_post' }],
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: () => true,
    cookies: { keys: [randomUUID()] },
    ttl: { AccessToken: 300, Session: 600, Grant: 600, Interaction: 600, RefreshToken: 600, IdToken: 300 },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: true, useGrantedResource: () => true, getResourceServerInfo: () => ({
        scope: 'openid', audience: AUDIENCE, accessTokenTTL: 300, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }) },
    },
  });
  const answer = provider.callback();
  const interact = async (request, response) => {
    const { prompt, params, grantId } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, { login: { accountId: PERSON } }, { mergeWithLastSubmission: false });
    const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: PERSON, clientId: params.client_id });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(RESOURCE, 'openid');
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
  };
  const server = createServer((request, response) =>
    (request.url.startsWith('/interaction/') ? interact(request, response) : answer(request, response)));
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url, stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
}
