// The theme that was chosen in the admin, before the page is drawn.
(() => {
  "use strict";
  const chosen = (localStorage.getItem("adminTheme") || "auto").replaceAll('"', "");
  const dark = chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
