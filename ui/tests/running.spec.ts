// What administrators do: keys, refused requests, operations.

import { readFileSync } from "node:fs";

import { expect, row, test } from "./fixtures";
import { ANA, tell } from "./statements";

/** Reads the values that are shown only once. */
async function readSecret(page: import("@playwright/test").Page) {
  const read = (name: string) => page.locator(`[data-secret="${name}"]`).innerText();
  return { key: await read("Key"), secret: await read("Secret") };
}

test("a key is made, rotated with both secrets valid, and revoked", async ({ owner: page, server }) => {
  const statement = [tell(ANA, "experienced", "Keys")];
  await page.goto("/lrs/default/keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name of the source").fill("Ward tablets");
  await page.getByRole("button", { name: "Create key" }).click();
  const first = await readSecret(page);
  await page.getByRole("button", { name: "Done" }).click();
  expect((await server.send(statement, first)).status).toBe(200);

  const card = page.getByRole("article", { name: "Ward tablets" });
  await card.getByRole("button", { name: "New secret" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "New secret" }).click();
  const second = await readSecret(page);
  await page.getByRole("button", { name: "Done" }).click();
  expect(second.key).toBe(first.key);
  expect(second.secret).not.toBe(first.secret);
  for (const credentials of [first, second]) expect((await server.send(statement, credentials)).status).toBe(200);

  await card.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(card.getByText("Revoked")).toBeVisible();
  for (const credentials of [first, second]) expect((await server.send(statement, credentials)).status).toBe(401);
});

test("a refused statement shows its violations in place, and is mended and sent again", async ({ owner: page, server }) => {
  const broken = [{ ...tell(ANA, "answered", "Refused question"), verb: { id: "answered" } }];
  expect((await server.send(broken)).status).toBe(400);
  await page.goto("/lrs/default/refusals");
  await page.getByRole("link", { name: /400/ }).first().click();
  const body = page.getByRole("region", { name: "What was sent" });
  await expect(body).toContainText("Refused question");
  await expect(body.getByRole("note")).toContainText("/verb/id");

  await page.getByRole("tab", { name: "Mend and send again" }).click();
  const editor = page.getByLabel("Body to send");
  const text = await editor.inputValue();
  await editor.fill(text.replace('"id": "answered"', '"id": "http://adlnet.gov/expapi/verbs/answered"'));
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Stored" })).toBeVisible();
  await page.goto("/lrs/default/statements?text=refused+question");
  await expect(row(page, "Ana Ruiz answered Refused question")).toBeVisible();
});

test("a file is imported with a report of refused lines, and a backup can be downloaded", async ({ owner: page }) => {
  await page.goto("/lrs/default/operations");
  await expect(page.getByText("All is well")).toBeVisible();
  const lines = [tell(ANA, "experienced", "Imported lesson"), { verb: "nothing else" }].map((line) => JSON.stringify(line));
  await page.locator('input[type="file"]').setInputFiles({
    name: "two.ndjson",
    mimeType: "application/x-ndjson",
    buffer: Buffer.from(lines.join("\n")),
  });
  await page.getByRole("button", { name: "1 refused line" }).click();
  await expect(page.getByRole("dialog")).toContainText("Line 2");
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Back up now" }).click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).first().click()]);
  expect(readFileSync(await file.path()).length).toBeGreaterThan(1000);
});
