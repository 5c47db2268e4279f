// Diffs: j and k go from file to file, n and p from change to change; the tree of files filters as one types.
(() => {
  const root = document.querySelector(".diff-files");
  if (!root) return;

  const isOff = () => document.documentElement.dataset.shortcuts === "off";
  const isTyping = (target) => Boolean(target.closest("input, textarea, select, [contenteditable]"));
  const files = () => [...root.querySelectorAll("section.diff")];
  const isChanged = (row) => row?.matches(".added, .removed, .changed");
  const changes = () => [...root.querySelectorAll("tr.added, tr.removed, tr.changed")]
    .filter((row) => !isChanged(row.previousElementSibling));

  let current = null;

  const go = (target) => {
    if (!target) return;
    current?.classList.remove("current");
    current = target;
    target.classList.add("current");
    target.scrollIntoView({ block: target.matches("section") ? "start" : "center" });
  };

  // From what is current if it is still in sight, else from what stands at the top of the window.
  const step = (targets, forward) => {
    const margin = 80;
    const at = current && current.isConnected ? targets.indexOf(current) : -1;
    if (at >= 0) {
      go(targets[at + (forward ? 1 : -1)]);
      return;
    }
    const from = current && current.isConnected ? current.getBoundingClientRect().top : margin;
    const below = targets.filter((one) => one.getBoundingClientRect().top > from + 1);
    const above = targets.filter((one) => one.getBoundingClientRect().top < from - 1);
    go(forward ? below[0] : above[above.length - 1]);
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isOff() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const known = { j: [files, true], k: [files, false], n: [changes, true], p: [changes, false] };
    const wanted = known[event.key];
    if (!wanted) return;
    event.preventDefault();
    step(wanted[0](), wanted[1]);
  });

  const filter = document.querySelector("[data-tree-filter]");
  if (filter) {
    filter.hidden = false;
    filter.addEventListener("input", () => {
      const text = filter.value.trim().toLowerCase();
      const tree = filter.closest(".diff-tree");
      for (const link of tree.querySelectorAll("nav a")) {
        link.parentElement.hidden = !link.title.toLowerCase().includes(text);
      }
      for (const folder of [...tree.querySelectorAll("nav details")].reverse()) {
        folder.parentElement.hidden = !folder.querySelector("li:not([hidden]) a");
        if (text) folder.open = true;
      }
    });
  }
})();
