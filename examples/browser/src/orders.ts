import { timestampDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { orders } from "./clients";
import { find, make, show } from "./dom";
import { Speed, State, type Order, type OrderEvent } from "./gen/demo/orders/v1/orders_pb";
import { describe } from "./problem";
import { watch, type By } from "./watch";

const steps: [state: State, name: string][] = [
  [State.PLACED, "Placed"],
  [State.PACKED, "Packed"],
  [State.SHIPPED, "Shipped"],
  [State.DELIVERED, "Delivered"],
];

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });

/** An order that is shown, and watched while it is on its way. */
class Card {
  readonly element: HTMLLIElement;
  readonly #order: Order;
  readonly #steps = new Map<State, HTMLLIElement>();
  readonly #note = make("p", { class: "note" });
  readonly #problem = make("p", { class: "problem", role: "alert", hidden: "" });
  #state = State.UNSPECIFIED;
  #watching: AbortController | undefined;

  constructor(order: Order) {
    this.#order = order;
    const track = make("ol", { class: "steps" });
    for (const [state, name] of steps) {
      const step = make("li", {}, make("span", { class: "name" }, name), make("time"));
      this.#steps.set(state, step);
      track.append(step);
    }
    const what = make("h3", {}, make("span", { class: "id" }, `No. ${order.id}`), ` ${order.quantity} × ${order.item}`);
    if (order.speed === Speed.EXPRESS) {
      what.append(" ", make("span", { class: "tag" }, "express"));
    }
    this.element = make("li", { class: "order", "data-order": String(order.id) }, what, track, this.#note, this.#problem);
    this.#reach(State.PLACED, order.placedAt);
  }

  /** Watches the order, in another way than before if it is watched already. */
  async watch(by: By): Promise<void> {
    this.#watching?.abort();
    if (this.#state === State.DELIVERED) {
      return;
    }
    const watching = new AbortController();
    this.#watching = watching;
    this.element.dataset["by"] = by;
    show(this.#problem, "");
    this.#note.textContent = "Waiting to be watched";
    try {
      await watch(by, this.#order.id, watching.signal, (event) => this.#tell(event, by));
    } catch (e) {
      if (ConnectError.from(e).code !== Code.Canceled) {
        this.#failed(e, by);
      }
    }
  }

  #tell(event: OrderEvent, by: By): void {
    this.#reach(event.state, event.at);
    const name = by === "sse" ? "server-sent events" : "Connect";
    this.#note.textContent = event.state === State.DELIVERED ? "" : `Watched by ${name}`;
  }

  #reach(state: State, at: Timestamp | undefined): void {
    const step = this.#steps.get(state);
    if (step === undefined) {
      return;
    }
    step.classList.add("done");
    if (at !== undefined) {
      const date = timestampDate(at);
      const shown = find<HTMLTimeElement>("time", step);
      shown.dateTime = date.toISOString();
      shown.textContent = time.format(date);
    }
    if (state >= this.#state) {
      this.#steps.get(this.#state)?.removeAttribute("aria-current");
      step.setAttribute("aria-current", "step");
      this.#state = state;
      this.element.dataset["state"] = State[state];
    }
  }

  #failed(reason: unknown, by: By): void {
    show(this.#problem, describe(reason));
    const again = make("button", { type: "button" }, "Watch again");
    again.addEventListener("click", () => void this.watch(by));
    this.#problem.append(" ", again);
    this.#note.textContent = "";
  }
}

const cards = new Map<number, Card>();

function by(): By {
  return find<HTMLInputElement>("#by input:checked").value === "sse" ? "sse" : "connect";
}

/** Shows an order above the others, and watches it. */
export function follow(order: Order): void {
  if (cards.has(order.id)) {
    return;
  }
  const card = new Card(order);
  cards.set(order.id, card);
  find("#orders").prepend(card.element);
  find("#no-orders").hidden = true;
  void card.watch(by());
}

/** Has the form follow orders by their numbers, and the switch choose how. */
export function startOrders(): void {
  const form = find<HTMLFormElement>("#follow");
  const input = find<HTMLInputElement>("input", form);
  const problem = find("#follow-problem");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show(problem, "");
    try {
      follow(await orders.getOrder({ id: Math.trunc(input.valueAsNumber) || 0 }));
      form.reset();
    } catch (e) {
      show(problem, describe(e));
    }
  });
  find("#by").addEventListener("change", () => {
    for (const card of cards.values()) {
      void card.watch(by());
    }
  });
}
