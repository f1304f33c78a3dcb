import { streams } from "./clients";
import { find, make, show } from "./dom";
import { Outbox } from "./outbox";
import { describe } from "./problem";

type Said = { from: string; text: string };

/** Has the form chat: the first thing that is said opens a stream, which lasts until it is hung up. */
export function startChat(): void {
  const form = find<HTMLFormElement>("#say");
  const input = find<HTMLInputElement>("input", form);
  const hangUp = find<HTMLButtonElement>("#hang-up");
  let outbox: Outbox<Said> | undefined;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "") {
      return;
    }
    if (outbox === undefined) {
      outbox = new Outbox();
      hangUp.disabled = false;
      void talk(outbox).finally(() => {
        outbox = undefined;
        hangUp.disabled = true;
      });
    }
    const said = { from: "you", text };
    outbox.add(said);
    add(said);
    form.reset();
  });
  // This ends what we send. The shop still answers, and then ends the call.
  hangUp.addEventListener("click", () => outbox?.end());
}

async function talk(outbox: Outbox<Said>): Promise<void> {
  const problem = find("#chat-problem");
  show(problem, "");
  try {
    for await (const answer of streams.support(outbox)) {
      add(answer);
    }
  } catch (e) {
    show(problem, describe(e));
  }
}

function add({ from, text }: Said): void {
  const chat = find("#chat");
  const mine = from === "you";
  chat.append(make("li", { class: mine ? "mine" : "theirs" }, make("span", { class: "hidden" }, `${from}: `), text));
  chat.scrollTop = chat.scrollHeight;
}
