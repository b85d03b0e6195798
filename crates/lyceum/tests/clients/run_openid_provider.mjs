// A real OpenID provider (npm: oidc-provider) for tests. Prints its issuer. Everybody's password is accepted; who somebody is stands in
// the JSON file of the first argument, by login name, and is read anew whenever the provider is asked.
//   POST /test/rotate   signs with another key from then on
//   POST /test/forge    signs with another key from then on, of the same name, and still publishes the one before
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { Provider } from "oidc-provider";

const people = () => JSON.parse(readFileSync(process.argv[2], "utf8"));

const newKey = (kid = randomUUID()) => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid };
};

const makeProvider = (issuer, key) => {
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [{ client_id: "lyceum", client_secret: "very secret", redirect_uris: ["https://example.org/"] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    cookies: { keys: [randomUUID()] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: `subject-${id}`, ...people()[id] }) }),
    // A school's own application: nobody is asked whether it may know who they are.
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  // The port of the server that is tested is not known yet.
  provider.Client.prototype.redirectUriAllowed = (address) => address.startsWith("http://127.0.0.1:");
  return provider;
};

let key = newKey();
let answer;
const server = createServer((request, response) => {
  if (request.method === "POST" && request.url === "/test/rotate") {
    key = newKey();
    answer = makeProvider(issuer(), key).callback();
    response.end();
  } else if (request.method === "POST" && request.url === "/test/forge") {
    const honest = answer;
    const forged = makeProvider(issuer(), newKey(key.kid)).callback();
    answer = (asked, told) => (asked.url.startsWith("/jwks") ? honest : forged)(asked, told);
    response.end();
  } else {
    answer(request, response);
  }
});
const issuer = () => `http://127.0.0.1:${server.address().port}`;
server.listen(0, "127.0.0.1", () => {
  answer = makeProvider(issuer(), key).callback();
  console.log(issuer());
});
