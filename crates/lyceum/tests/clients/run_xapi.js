// The public client `@xapi/xapi` against a running LRS: statements with attachments, voiding, more, documents with
// preconditions, in the version that the environment names.
const assert = require("node:assert");
const { createHash } = require("node:crypto");
const XAPI = require("@xapi/xapi").default ?? require("@xapi/xapi");

const { ENDPOINT, KEY, SECRET, VERSION } = process.env;
// With its default adapter the client loses the content type of multipart bodies outside of browsers.
const xapi = new XAPI({ endpoint: ENDPOINT, auth: XAPI.toBasicAuth(KEY, SECRET), version: VERSION, adapter: "fetch" });
const agent = { objectType: "Agent", name: "JavaScript", mbox: `mailto:xapi-${VERSION}@example.org` };
const activityId = `https://example.org/xapi/${VERSION}`;
const verb = { id: `https://example.org/verbs/${VERSION}`, display: { en: "tried" } };
const statement = () => ({ actor: agent, verb, object: { id: activityId } });

async function refused(promise, status) {
  const error = await promise.then(() => assert.fail(`expected status ${status}`), (error) => error);
  // The client gives the body of the answer as the message.
  assert.strictEqual(JSON.parse(error.message).error.status, status, String(error));
}

async function main() {
  const about = (await xapi.getAbout()).data;
  assert(about.version.includes(VERSION), JSON.stringify(about));

  // One line: the client itself reads only the last line of a part.
  const bytes = new TextEncoder().encode("a certificate: äöü").buffer;
  const sha2 = createHash("sha256").update(Buffer.from(bytes)).digest("hex");
  const certificate = {
    usageType: "https://example.org/certificate", display: { en: "Certificate" },
    contentType: "text/plain", length: bytes.byteLength, sha2,
  };
  const [id] = (await xapi.sendStatement({ statement: { ...statement(), attachments: [certificate] }, attachments: [bytes] })).data;
  const found = (await xapi.getStatement({ statementId: id })).data;
  assert.strictEqual(found.attachments[0].sha2, sha2);
  const parts = (await xapi.getStatement({ statementId: id, attachments: true })).data;
  assert.strictEqual(parts[0].id, id);
  assert.strictEqual(parts[1], "a certificate: äöü");

  const ids = (await xapi.sendStatements({ statements: [1, 2, 3, 4, 5, 6].map(statement) })).data;
  const seen = [];
  let page = (await xapi.getStatements({ verb: verb.id, limit: 3 })).data;
  for (;;) {
    seen.push(...page.statements.map((found) => found.id));
    if (!page.more) break;
    page = (await xapi.getMoreStatements({ more: page.more })).data;
  }
  assert.deepStrictEqual([...seen].sort(), [id, ...ids].sort());

  await xapi.voidStatement({ actor: agent, statementId: id });
  await refused(xapi.getStatement({ statementId: id }), 404);
  assert.strictEqual((await xapi.getVoidedStatement({ voidedStatementId: id })).data.id, id);

  const state = { agent, activityId, stateId: "bookmark" };
  await xapi.createState({ ...state, state: { page: 3 } });
  await xapi.createState({ ...state, state: { volume: 0.5 } });
  assert.deepStrictEqual((await xapi.getState(state)).data, { page: 3, volume: 0.5 });
  await xapi.deleteState(state);
  await refused(xapi.getState(state), 404);

  const profile = { activityId, profileId: "settings" };
  const never = '"0000000000000000000000000000000000000000"';
  await xapi.setActivityProfile({ ...profile, profile: { a: 1 }, etag: "*", matchHeader: "If-None-Match" });
  await refused(xapi.setActivityProfile({ ...profile, profile: { a: 2 }, etag: "*", matchHeader: "If-None-Match" }), 412);
  await refused(xapi.setActivityProfile({ ...profile, profile: { a: 2 }, etag: never, matchHeader: "If-Match" }), 412);
  const etag = (await xapi.getActivityProfile(profile)).headers.etag;
  await xapi.setActivityProfile({ ...profile, profile: { a: 2 }, etag, matchHeader: "If-Match" });
  assert.deepStrictEqual((await xapi.getActivityProfile(profile)).data, { a: 2 });
  console.log("passed");
}

main().catch((error) => {
  console.error(error?.response?.data ?? error);
  console.error(error?.stack);
  process.exit(1);
});
