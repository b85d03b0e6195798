// The public client `tincanjs` against a running LRS: statements with attachments, voiding, more, documents with
// preconditions. It speaks 1.0.x.
const assert = require("node:assert");
const TinCan = require("tincanjs");

const { ENDPOINT, KEY, SECRET } = process.env;
const lrs = new TinCan.LRS({ endpoint: `${ENDPOINT}/`, username: KEY, password: SECRET, allowFail: false, version: "1.0.2" });
const actor = new TinCan.Agent({ name: "TinCanJS", mbox: "mailto:tincanjs@example.org" });
const activity = new TinCan.Activity({ id: "https://example.org/tincanjs" });
const verb = { id: "https://example.org/verbs/tincanjs", display: { en: "tried" } };
const statement = () => new TinCan.Statement({ actor, verb, target: activity });

// Calls a method with a callback, and gives its result.
const call = (method, ...values) =>
  new Promise((resolve, reject) => {
    const settings = typeof values.at(-1) === "object" && values.length > 0 && values.at(-1).settings ? values.pop().settings : {};
    const callback = (error, result) => (error === null || error === undefined ? resolve(result) : reject({ error, result }));
    lrs[method](...values, { ...settings, callback });
  });
const refused = async (promise, status) =>
  promise.then(() => assert.fail(`expected status ${status}`), ({ error }) => assert.strictEqual(error, status));

async function main() {
  const content = "a certificate\r\nof two lines";
  const sent = statement();
  sent.attachments = [new TinCan.Attachment({
    usageType: "https://example.org/certificate", display: { en: "Certificate" }, contentType: "text/plain", content: TinCan.Utils.stringToArrayBuffer(content),
  })];
  await call("saveStatement", sent);
  const found = await call("retrieveStatement", sent.id, { settings: { params: { attachments: true } } });
  assert.strictEqual(found.attachments[0].getContentAsString(), content);

  const batch = [1, 2, 3, 4, 5, 6].map(statement);
  await call("saveStatements", batch);
  const seen = [];
  const query = (settings) => new Promise((resolve, reject) =>
    lrs.queryStatements({ ...settings, callback: (error, result) => (error ? reject({ error, result }) : resolve(result)) }));
  const more = (url) => new Promise((resolve, reject) =>
    lrs.moreStatements({ url, callback: (error, result) => (error ? reject({ error, result }) : resolve(result)) }));
  let page = await query({ params: { verb: new TinCan.Verb(verb), limit: 3 } });
  for (;;) {
    seen.push(...page.statements.map((found) => found.id));
    if (!page.more) break;
    page = await more(page.more);
  }
  assert.deepStrictEqual([...seen].sort(), [sent, ...batch].map((statement) => statement.id).sort());

  await call("saveStatement", new TinCan.Statement({
    actor, verb: { id: "http://adlnet.gov/expapi/verbs/voided" }, target: new TinCan.StatementRef({ id: sent.id }),
  }));
  await refused(call("retrieveStatement", sent.id), 404);
  assert.strictEqual((await call("retrieveVoidedStatement", sent.id)).id, sent.id);

  const owner = { agent: actor, activity };
  await call("saveState", "bookmark", { page: 3 }, { settings: { ...owner, contentType: "application/json" } });
  assert.deepStrictEqual((await call("retrieveState", "bookmark", { settings: owner })).contents, { page: 3 });

  const profile = { activity, contentType: "application/json" };
  await call("saveActivityProfile", "settings", { a: 1 }, { settings: profile });
  const stored = await call("retrieveActivityProfile", "settings", { settings: { activity } });
  const never = "0000000000000000000000000000000000000000";
  await refused(call("saveActivityProfile", "settings", { a: 2 }, { settings: { ...profile, lastSHA1: never } }), 412);
  const lastSHA1 = stored.etag.replaceAll('"', "");
  await call("saveActivityProfile", "settings", { a: 2 }, { settings: { ...profile, lastSHA1 } });
  assert.deepStrictEqual((await call("retrieveActivityProfile", "settings", { settings: { activity } })).contents, { a: 2 });
  console.log("passed");
}

main().catch((error) => {
  console.error(error?.result?.responseText ?? error?.error ?? error);
  console.error(error?.stack);
  process.exit(1);
});
