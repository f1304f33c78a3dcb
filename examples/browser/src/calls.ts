import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { find, make } from "./dom";
import { codeName } from "./problem";

const rows = 30; // that are kept

/** A line of the table of calls. */
export class Call {
  readonly #row = make("tr");
  readonly #messages = make("td", { class: "number" });
  readonly #took = make("td", { class: "number" });
  readonly #code = make("td", {}, "…");
  readonly #start = performance.now();
  #sent = 0;
  #received = 0;

  constructor(method: string, by: string) {
    this.#row.append(make("th", { scope: "row" }, method), make("td", {}, by), this.#messages, this.#took, this.#code);
    this.#count();
    const table = find("#calls tbody");
    table.prepend(this.#row);
    while (table.children.length > rows) {
      table.lastElementChild?.remove();
    }
  }

  sent(): void {
    this.#sent++;
    this.#count();
  }

  received(): void {
    this.#received++;
    this.#count();
  }

  ended(code?: Code): void {
    const name = code === undefined ? "ok" : codeName(code);
    this.#took.textContent = `${(performance.now() - this.#start).toFixed(0)} ms`;
    this.#code.textContent = name;
    this.#code.className = name === "ok" ? "good" : name === "canceled" ? "" : "bad";
  }

  #count(): void {
    this.#messages.textContent = `↑${this.#sent} ↓${this.#received}`;
  }
}

/** Returns an interceptor that has calls shown in the table. */
export function recorded(by: string): Interceptor {
  return (next) => async (req) => {
    const call = new Call(req.method.name, by);
    try {
      if (!req.stream) {
        call.sent();
        const res = await next(req);
        call.received();
        call.ended();
        return res;
      }
      const res = await next({ ...req, message: each(req.message, () => call.sent()) });
      if (!res.stream) {
        return res;
      }
      return { ...res, message: watched(res.message, call) };
    } catch (e) {
      call.ended(ConnectError.from(e).code);
      throw e;
    }
  };
}

async function* each<T>(messages: AsyncIterable<T>, seen: () => void): AsyncGenerator<T> {
  for await (const message of messages) {
    seen();
    yield message;
  }
}

async function* watched<T>(messages: AsyncIterable<T>, call: Call): AsyncGenerator<T> {
  let code: Code | undefined = Code.Canceled; // if it is left before its end
  try {
    yield* each(messages, () => call.received());
    code = undefined;
  } catch (e) {
    code = ConnectError.from(e).code;
    throw e;
  } finally {
    call.ended(code);
  }
}
