import { find } from "./dom";

const themes = ["system", "light", "dark"];

/** Has the button change between the system's colours, light and dark, and remembers it. */
export function startTheme(): void {
  const button = find<HTMLButtonElement>("#theme");
  let theme = localStorage.getItem("theme") ?? "system";
  const apply = () => {
    document.documentElement.dataset["theme"] = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "system";
    localStorage.setItem("theme", theme);
    apply();
  });
  apply();
}
