/* Sets the colour mode before the first paint, from the same place the app keeps it. Loaded in the head, not deferred. */
(function () {
  var mode = "system";
  try {
    mode = localStorage.getItem("theme") || "system";
  } catch (error) {
    /* Storage may be closed to us; the system's mode is the answer then. */
  }
  var dark = mode === "dark" || (mode === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  var root = document.documentElement;
  root.classList.add(dark ? "dark" : "light");
  root.style.colorScheme = dark ? "dark" : "light";
})();
