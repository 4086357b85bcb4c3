// SPDX-License-Identifier: Apache-2.0
// What a person does at the page of a plan, a file without a server: node plan.mjs FILE. Fails, or prints nothing.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const address = pathToFileURL(process.argv[2]).href;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 620 } });
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => { if (message.type() === "error") wrong.push(message.text()); });
  page.on("request", (request) => { if (request.url() !== address) wrong.push("asks " + request.url()); });
  await page.goto(address);
  await page.locator("#legend li").first().waitFor();
  const legend = await page.locator("#legend").innerText();
  for (const word of ["guest1", "guest2"]) assert.ok(legend.includes(word), word + " in " + legend);

  // By keyboard to 05.0004, the first queue, which guest1 has.
  await page.locator("#map").focus();
  for (const key of ["ArrowRight", "ArrowLeft", "Enter"]) await page.keyboard.press(key);
  await page.getByRole("heading", { name: "05.0004" }).waitFor();
  await page.locator("#facts", { hasText: "guest1" }).waitFor();
  assert.ok(await page.locator("#change").isHidden(), "nothing can be assigned in a plan");
  assert.deepEqual(wrong, []);
} finally {
  await browser.close();
}
