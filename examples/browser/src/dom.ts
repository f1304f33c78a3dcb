/** Returns the element that a selector finds; that it is there is a matter of index.html. */
export function find<T extends Element = HTMLElement>(selector: string, within: ParentNode = document): T {
  const found = within.querySelector<T>(selector);
  if (found === null) {
    throw new Error(`there is no ${selector}`);
  }
  return found;
}

/** Returns a new element with attributes, texts and others inside. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...inside);
  return element;
}

/** Shows a text in an element that is hidden while it has none. */
export function show(element: HTMLElement, text: string): void {
  element.textContent = text;
  element.hidden = text === "";
}
