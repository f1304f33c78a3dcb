// Calls a server of the demonstration from Chromium: run.js URL SCREENSHOTS [WORD]. Tells
// case by case what fails, of those whose names have the word; the exit code is then 1.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { clientCases } from "./clientcases.js";
import { originCases } from "./origins.js";
import { pageCases } from "./page.js";

const [url, screenshots, word = ""] = process.argv.slice(2);
mkdirSync(screenshots, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"], // which does not run as root
});

// inContext returns a case that has a browser context of its own.
function inContext(run, options = {}) {
  return async () => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(15_000);
    try {
      await run(context);
    } finally {
      await context.close();
    }
  };
}

const cases = {
  ...pageCases(inContext, url, screenshots),
  ...(await originCases(inContext, url)),
  ...(await clientCases(browser, url)),
};

let failed = false;
for (const [name, run] of Object.entries(cases).filter(([name]) => name.includes(word))) {
  const start = performance.now();
  try {
    await run();
  } catch (err) {
    failed = true;
    console.log(`FAIL ${name}: ${err.stack}`);
    continue;
  }
  console.log(`ok   ${name} (${Math.round(performance.now() - start)}ms)`);
}
await browser.close();
process.exit(failed ? 1 : 0);
