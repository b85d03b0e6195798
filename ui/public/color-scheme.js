// Runs before the first paint, so that nobody who chose dark sees a white flash.
(function () {
  var chosen = null;
  try {
    chosen = window.localStorage.getItem("lyceum-color-scheme");
  } catch (_) {
    // Storage is closed to this page: the system's choice holds.
  }
  var dark = chosen === "dark" || (chosen !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
