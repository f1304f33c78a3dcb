import { orders, streams } from "./clients";
import { find, show } from "./dom";
import { Speed } from "./gen/demo/orders/v1/orders_pb";
import { follow } from "./orders";
import { describe, wrongFields } from "./problem";

/** Has the form place orders. What is wrong with one the server says, at the fields. */
export function startPlacing(): void {
  const form = find<HTMLFormElement>("#place");
  const field = (name: string) => find<HTMLInputElement>(`[name=${name}]`, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(form, async () => {
      const order = await orders.createOrder({
        item: field("item").value,
        quantity: Math.trunc(field("quantity").valueAsNumber) || 0,
        speed: field("express").checked ? Speed.EXPRESS : Speed.STANDARD,
      });
      follow(order);
    });
  });
  find("#kit").addEventListener("click", () => {
    void attempt(form, async () => {
      const { firstId, lastId } = await streams.importOrders(kit());
      for (let id = firstId; id <= lastId; id++) {
        follow(await orders.getOrder({ id }));
      }
    });
  });
}

/** Yields what everybody needs who watches birds: all of it is taken or nothing. */
async function* kit() {
  for (const { value } of find<HTMLDataListElement>("#items").options) {
    yield { item: value, quantity: 1, speed: Speed.EXPRESS };
  }
}

async function attempt(form: HTMLFormElement, call: () => Promise<void>): Promise<void> {
  const buttons = form.querySelectorAll("button");
  complain(form, new Map());
  show(find("#place-problem"), "");
  buttons.forEach((button) => (button.disabled = true));
  try {
    await call();
  } catch (e) {
    const wrong = wrongFields(e);
    complain(form, wrong);
    if (wrong.size === 0) {
      show(find("#place-problem"), describe(e));
    }
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

function complain(form: HTMLFormElement, wrong: Map<string, string>): void {
  for (const name of ["item", "quantity"]) {
    const input = find<HTMLInputElement>(`[name=${name}]`, form);
    const text = wrong.get(name) ?? "";
    find(`#${name}-wrong`).textContent = text;
    input.setAttribute("aria-invalid", String(text !== ""));
  }
  form.querySelector<HTMLInputElement>("[aria-invalid=true]")?.focus();
}
