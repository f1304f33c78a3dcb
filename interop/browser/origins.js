// What a page of another site may do: nothing, unless it is allowed to.
import assert from "node:assert/strict";
import { createServer } from "node:http";

export async function originCases(inContext, url) {
  const elsewhere = createServer((_, res) => res.writeHead(200, { "content-type": "text/html" }).end("<title>Elsewhere</title>"));
  await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  elsewhere.unref();
  const other = `http://127.0.0.1:${elsewhere.address().port}/`;

  const at = (run) =>
    inContext(async (context) => {
      const page = await context.newPage();
      await page.goto(other);
      await run(page);
    });

  return {
    "another origin: a call": at(async (page) => {
      const result = await page.evaluate(
        (target) =>
          fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body: '{"id":1}' }).then(
            (res) => `status ${res.status}`,
            (err) => err.name,
          ),
        `${url}/demo.orders.v1.Orders/GetOrder`,
      );
      assert.equal(result, "TypeError");
    }),

    "another origin: a WebSocket": at(async (page) => {
      const result = await page.evaluate(
        (target) =>
          new Promise((resolve) => {
            const socket = new WebSocket(target, "curlew.v1");
            socket.onopen = () => resolve("open");
            socket.onclose = ({ code }) => resolve(code);
          }),
        `${url.replace("http", "ws")}/demo.orders.v1.Orders/Support?encoding=json`,
      );
      assert.equal(result, 1006);
    }),
  };
}
