// The demonstration's page, as people use it.
import assert from "node:assert/strict";
import path from "node:path";

export function pageCases(inContext, url, screenshots) {
  // on returns a case that has the page open, and that also fails by what the page
  // complains of, or asks other servers for.
  const on = (run, options) =>
    inContext(async (context) => {
      const wrong = [];
      const page = await context.newPage();
      page.on("pageerror", (err) => wrong.push(String(err)));
      page.on("console", (message) => {
        // Calls and connections that fail are told there too.
        if (message.type() === "error" && !/^Failed to load resource|^WebSocket connection to .* failed/.test(message.text())) {
          wrong.push(message.text());
        }
      });
      page.on("request", (request) => {
        if (new URL(request.url()).host !== new URL(url).host) {
          wrong.push(`asked for ${request.url()}`);
        }
      });
      await page.goto(`${url}/`);
      await run(page, context);
      assert.deepEqual(wrong, []);
    }, options);

  return {
    "page: unary, watched by Connect": on(async (page) => {
      const order = await place(page, { item: "tide table", quantity: 3, express: true });
      await delivered(order);
      assert.match(await order.getByRole("heading").innerText(), /^No\. \d+ 3 × tide table express$/);
      await called(page, "CreateOrder", "Connect", "↑1 ↓1", "ok");
      await called(page, "WatchOrder", "Connect", "↑1 ↓4", "ok");
    }),

    "page: watched by server-sent events": on(async (page) => {
      await page.getByText("Server-sent events").click();
      const order = await place(page, { item: "rain cape", express: true });
      await delivered(order);
      await called(page, "WatchOrder", "SSE", "↑1 ↓4", "ok");
      // The browser would open the stream again if the page did not close it.
      await page.waitForTimeout(4000);
      assert.equal(await page.locator("#calls tbody tr", { hasText: "SSE" }).count(), 1);
    }),

    "page: watched in one way and then in the other": on(async (page) => {
      const order = await place(page, { item: "rubber boots" });
      await order.getByText("Watched by Connect").waitFor();
      await page.getByText("Server-sent events").click();
      await order.getByText("Watched by server-sent events").waitFor();
      await called(page, "WatchOrder", "Connect", /./, "canceled");
      await delivered(order, 30_000);
      await called(page, "WatchOrder", "SSE", "↑1 ↓4", "ok");
    }),

    "page: client streaming": on(async (page) => {
      await page.getByRole("button", { name: "Order a kit" }).click();
      await page.locator(".order").nth(4).waitFor();
      for (const order of await page.locator(".order").all()) {
        await delivered(order);
      }
      await called(page, "ImportOrders", "WebSocket", "↑5 ↓1", "ok");
    }),

    "page: more orders than a browser has connections": on(async (page) => {
      for (let i = 1; i <= 8; i++) {
        await place(page, { item: `parcel ${i}` });
      }
      const order = await place(page, { item: "the last", express: true });
      await order.getByText("Waiting to be watched").waitFor();
      await delivered(order, 60_000);
    }),

    "page: chat": on(async (page) => {
      const order = await place(page, { item: "field guide", express: true });
      await delivered(order);
      const id = await order.getAttribute("data-order");
      await say(page, "Hello");
      await answer(page, "How can I help? Ask me about an order, by its number.");
      await say(page, `Where is order ${id}?`);
      await answer(page, `Order ${id} (1 × field guide) is delivered.`);
      await page.getByRole("button", { name: "Hang up" }).click();
      await answer(page, "Good-bye!");
      await called(page, "Support", "WebSocket", "↑2 ↓3", "ok");
      await say(page, "Hello again"); // a stream of its own
      await called(page, "Support", "WebSocket", "↑1 ↓1", "…");
    }),

    "page: errors of fields": on(async (page) => {
      await page.getByLabel("Item").fill(" ");
      await page.getByLabel("Quantity").fill("0");
      await page.getByRole("button", { name: "Place order" }).click();
      await page.getByText("is empty").waitFor();
      await page.getByText("must be at least 1").waitFor();
      assert.equal(await page.getByLabel("Item").getAttribute("aria-invalid"), "true");
      await called(page, "CreateOrder", "Connect", "↑1 ↓0", "invalid_argument");
      await place(page, { item: "rain cape" });
      assert.equal(await page.locator("#item-wrong").innerText(), "");
    }),

    "page: an error with a hint": on(async (page) => {
      await page.getByLabel("The number of an order").fill("999999999");
      await page.getByRole("button", { name: "Follow" }).click();
      const alert = page.locator("#follow-problem");
      await alert.waitFor();
      assert.equal(
        await alert.innerText(),
        "No order 999999999 (not_found). Ids count from 1, in the order in which orders are placed.",
      );
    }),

    "page: no network, and then one again": on(async (page, context) => {
      await context.setOffline(true);
      await page.getByRole("button", { name: "Place order" }).click();
      await page.locator("#place-problem").waitFor();
      assert.equal(await page.locator("#place-problem").innerText(), "The server cannot be reached.");
      await say(page, "Hello");
      await page.locator("#chat-problem").waitFor();
      assert.equal(await page.locator("#chat-problem").innerText(), "The server cannot be reached.");
      await context.setOffline(false);
      await say(page, "Hello");
      await answer(page, "How can I help? Ask me about an order, by its number.");
      await place(page, { item: "rain cape" });
      assert.equal(await page.locator("#place-problem").isVisible(), false);
    }),

    "page: followed by its number, by two": on(async (page, context) => {
      const order = await place(page, { item: "binoculars" });
      const other = await context.newPage();
      await other.goto(`${url}/`);
      await other.getByLabel("The number of an order").fill(await order.getAttribute("data-order"));
      await other.getByRole("button", { name: "Follow" }).click();
      await delivered(other.locator(".order"), 30_000);
      await delivered(order, 30_000);
    }),

    "page: with the keyboard alone": on(async (page) => {
      await page.getByLabel("Item").focus();
      await page.keyboard.press("Enter");
      await page.locator(".order").waitFor();
      await page.getByLabel("Connect").focus();
      await page.keyboard.press("ArrowRight");
      await page.locator(".order").getByText("Watched by server-sent events").waitFor();
      await page.getByLabel("What to say").focus();
      await page.keyboard.type("Hello");
      await page.keyboard.press("Enter");
      await answer(page, /How can I help/);
    }),

    "page: light": on(async (page) => colours(page, "light", screenshots), { colorScheme: "light" }),
    "page: dark": on(async (page) => colours(page, "dark", screenshots), { colorScheme: "dark" }),

    "page: a theme that is chosen": on(
      async (page) => {
        const button = page.getByRole("button", { name: /^Theme/ });
        assert.equal(await button.innerText(), "Theme: system");
        await button.click();
        await button.click();
        assert.equal(await button.innerText(), "Theme: dark");
        const { brightness } = await contrast(page);
        assert.ok(brightness < 0.2, `it is as bright as ${brightness}`);
        await page.reload();
        assert.equal(await button.innerText(), "Theme: dark");
        assert.deepEqual((await contrast(page)).brightness, brightness);
      },
      { colorScheme: "light" },
    ),

    "page: narrow": on(
      async (page) => {
        await place(page, { item: "a".repeat(80) });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.equal(width, 320);
        await page.screenshot({ path: path.join(screenshots, "narrow.png"), fullPage: true });
      },
      { viewport: { width: 320, height: 700 } },
    ),
  };
}

// place fills the form, and returns what is shown of the order.
async function place(page, { item, quantity = 1, express = false }) {
  const before = await page.locator(".order").count();
  await page.getByLabel("Item").fill(item);
  await page.getByLabel("Quantity").fill(String(quantity));
  await page.getByLabel("Express").setChecked(express);
  await page.getByRole("button", { name: "Place order" }).click();
  await page.locator(".order").nth(before).waitFor();
  const id = await page.locator(".order").first().getAttribute("data-order");
  return page.locator(`.order[data-order="${id}"]`);
}

async function delivered(order, timeout = 10_000) {
  await order.and(order.page().locator("[data-state=DELIVERED]")).waitFor({ timeout });
  assert.equal(await order.locator(".done time[datetime]").count(), 4);
}

async function say(page, text) {
  await page.getByLabel("What to say").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

async function answer(page, text) {
  await page.locator(".theirs").last().filter({ hasText: text }).waitFor();
}

// called waits for a line in the table of calls.
async function called(page, method, by, messages, code) {
  let line = page.locator("#calls tbody tr");
  for (const [i, text] of [method, by, messages].entries()) {
    line = line.filter({ has: page.locator(`:nth-child(${i + 1})`).filter({ hasText: text }) });
  }
  await line.filter({ has: page.locator("td:last-child", { hasText: new RegExp(`^${code}$`) }) }).first().waitFor();
}

// colours looks at the page in a scheme, and keeps a picture of it.
async function colours(page, scheme, screenshots) {
  const { brightness, ratio } = await contrast(page);
  assert.ok(scheme === "light" ? brightness > 0.8 : brightness < 0.2, `it is as bright as ${brightness}`);
  assert.ok(ratio >= 4.5, `the contrast is ${ratio}`);
  await delivered(await place(page, { item: "binoculars 8x42", express: true }));
  await page.getByText("Server-sent events").click();
  const order = await place(page, { item: "rain cape", quantity: 2 });
  await order.getByText("Watched by server-sent events").waitFor();
  await say(page, `Where is order ${await order.getAttribute("data-order")}?`);
  await answer(page, /rain cape/);
  await page.screenshot({ path: path.join(screenshots, `${scheme}.png`), fullPage: true });
}

// contrast returns how bright the page is, from 0 to 1, and the least contrast of
// its texts by WCAG.
async function contrast(page) {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const light = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => {
        const s = v / 255;
        return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const back = (element) => {
      for (let e = element; e !== null; e = e.parentElement) {
        const { backgroundColor } = getComputedStyle(e);
        if (!/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) {
          return light(backgroundColor);
        }
      }
      return 1;
    };
    const ratios = [...document.querySelectorAll("h1, h2, p, label, legend, button:enabled, th, code, .switch span")]
      .filter((element) => element.checkVisibility())
      .map((element) => {
        const [a, b] = [light(getComputedStyle(element).color), back(element)].sort((a, b) => b - a);
        return (a + 0.05) / (b + 0.05);
      });
    return { brightness: light(getComputedStyle(document.body).backgroundColor), ratio: Math.min(...ratios) };
  });
}
