// The official clients and ours, without the demonstration's page around them: cases that
// run in the browser are in clients.
import { readFileSync } from "node:fs";

const script = readFileSync(new URL("build/clients.js", import.meta.url), "utf8");
const limit = 20_000; // milliseconds that a case may take

export async function clientCases(browser, url) {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  await page.goto(`${url}/`);
  await page.addScriptTag({ content: script });
  const names = await page.evaluate(() => clients.names());

  const run = async (name) => {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it takes more than ${limit} ms`)), limit);
    });
    const wrong = await Promise.race([page.evaluate((name) => clients.run(name), name), late]);
    clearTimeout(timer);
    if (wrong !== "") {
      throw new Error(wrong);
    }
  };
  return Object.fromEntries(names.map((name) => [name, () => run(name)]));
}
