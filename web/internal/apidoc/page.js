
"use strict";
(() => {
  // Search: shows the items that have all words.
  const box = document.createElement("input");
  box.type = "search";
  box.placeholder = "Search";
  box.setAttribute("aria-label", "Search");
  document.querySelector("header").append(box);
  const items = [...document.querySelectorAll(".item")].map((element) => ({
    element,
    text: element.textContent.toLowerCase(),
  }));
  box.addEventListener("input", () => {
    const words = box.value.toLowerCase().split(/\s+/);
    for (const { element, text } of items) {
      element.hidden = !words.every((word) => text.includes(word));
    }
    for (const section of document.querySelectorAll("section")) {
      section.hidden = !section.querySelector(".item:not([hidden])");
    }
  });

  // A link opens what it leads to.
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.hidden = false;
      target.closest("section").hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
})();
