// SPDX-License-Identifier: Apache-2.0
// The page of a machine of 256 cards with 256 queues each: node many.mjs ADDRESS. Prints one JSON object, or fails.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const [address] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"] });
const middle = (times) => Math.round(times.sort((a, b) => a - b)[times.length >> 1]);
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
  // From the address to the screen: page, script, matrix, drawing.
  const opened = [];
  for (let i = 0; i < 3; i++) {
    await page.goto(address);
    await page.locator("#legend", { hasText: "host" }).waitFor();
    opened.push(await page.evaluate(async () => {
      while (!(Number(document.body.dataset.drawn) > 1)) await new Promise(requestAnimationFrame);
      return performance.now();
    }));
  }
  await page.locator("#legend li", { hasText: "65536" }).waitFor();

  // From a queue that loses its driver, or gets it back, to the screen.
  const changed = [];
  for (const name of ["unbind", "bind", "unbind", "bind", "unbind"]) {
    changed.push(await page.evaluate(async (file) => {
      const seen = Number(document.body.dataset.drawn);
      const begin = performance.now();
      fetch("v1/attributes", { method: "PUT", body: JSON.stringify({ path: "/sys/bus/ap/drivers/cex4queue/" + file, text: "7f.0004" }) });
      while (Number(document.body.dataset.drawn) === seen) await new Promise(requestAnimationFrame);
      return performance.now() - begin;
    }, name));
    await page.locator("#legend li", { hasText: name === "bind" ? "65536" : "65535" }).waitFor();
    await page.waitForTimeout(200);
  }
  assert.equal(await page.locator("#state").innerText(), "live");
  console.log(JSON.stringify({ openMillis: middle(opened), changeMillis: middle(changed) }));
} finally {
  await browser.close();
}
