// SPDX-License-Identifier: Apache-2.0
// What a person does at the page: node page.mjs ADDRESS SCREENSHOT-DIRECTORY. Prints one JSON object, or fails.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [address, directory] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const figures = {};
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 620 }, colorScheme: "light" });
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => { if (new URL(request.url()).origin !== new URL(address).origin) wrong.push("asks " + request.url()); });
  await page.goto(address);
  await page.locator("#legend li").first().waitFor();
  const legend = await page.locator("#legend").innerText();
  for (const word of ["host", "reserved", "offline", "checkstopped", "web", "database", "backup"]) assert.ok(legend.includes(word), word + " in " + legend);

  // By keyboard: down to 02, across to 0004, which the guest web has.
  await page.locator("#map").focus();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await page.getByRole("heading", { name: "02.0004" }).waitFor();
  await page.locator("#facts", { hasText: "web" }).waitFor();
  await page.locator("#keys", { hasText: "aes" }).waitFor();

  // The kernel refuses an adapter whose queues another mdev has, with its errno.
  await page.locator("#mdev").selectOption("44444444-2d88-4f54-91ad-13c07fd4ff02");
  await page.getByRole("button", { name: "Assign domain", exact: true }).click();
  await page.locator("#answer", { hasText: "done" }).waitFor();
  await page.getByRole("button", { name: "Assign adapter", exact: true }).click();
  await page.locator("#answer.refused", { hasText: "EADDRINUSE" }).waitFor();
  await page.getByRole("button", { name: "Unassign domain", exact: true }).click();
  await page.locator("#answer", { hasText: "done" }).waitFor();
  await page.screenshot({ path: directory + "/page-light.png" });

  await page.emulateMedia({ colorScheme: "dark" });
  await page.locator("#map").focus();
  await page.keyboard.press("Escape");
  await page.screenshot({ path: directory + "/page-dark.png" });

  // From a change of the hardware to the screen: the page asks for the matrix and draws.
  const delays = [];
  for (const config of [false, true, false, true, false]) {
    const before = await page.evaluate(() => Number(document.body.dataset.drawn));
    delays.push(await page.evaluate(async ([seen, on]) => {
      const begin = performance.now();
      await fetch("v1/cards/6", { method: "PATCH", body: JSON.stringify({ config: on }) });
      fetch("v1/scans", { method: "POST" });
      while (Number(document.body.dataset.drawn) === seen) await new Promise(requestAnimationFrame);
      return performance.now() - begin;
    }, [before, config]));
    await page.waitForTimeout(150);
  }
  figures.changeMillis = Math.round(delays.sort((a, b) => a - b)[2]);
  await page.locator("#legend", { hasText: "16" }).waitFor();

  // 256 by 256, drawn by the same code.
  const rows = Array.from({ length: 256 }, (unused, row) => Array.from({ length: 256 }, (none, column) => "hrABCDxo."[(row * 7 + column * 13 + (row ^ column)) % 9]).join(""));
  const ids = Array.from({ length: 256 }, (unused, id) => id);
  const big = await browser.newPage({ viewport: { width: 1180, height: 860 } });
  await big.route("**/v1/matrix", (route) => route.fulfill({ json: { adapters: ids, domains: ids, guests: ["a", "b", "c", "d"], rows } }));
  await big.goto(address);
  await big.waitForFunction(() => Number(document.body.dataset.drawn) > 0 && document.querySelectorAll("#legend li").length > 5);
  figures.drawMillis = await big.evaluate(async () => {
    const begin = performance.now();
    const seen = Number(document.body.dataset.drawn);
    await fetch("v1/domains/255", { method: "DELETE" }); // whatever it is, the page looks again
    while (Number(document.body.dataset.drawn) === seen) await new Promise(requestAnimationFrame);
    return Math.round(performance.now() - begin);
  });
  await big.mouse.move(500, 400);
  for (let i = 0; i < 12; i++) await big.mouse.wheel(0, -100);
  await big.screenshot({ path: directory + "/page-zoomed.png" });
  assert.deepEqual(wrong, []);
  console.log(JSON.stringify(figures));
} finally {
  await browser.close();
}
