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

  // A plus beside the line under the pointer opens the form for a comment on it; so does c on what n found.
  const form = document.getElementById("talk-form");

  const placeOf = (row, cell) => {
    const numbers = [...row.querySelectorAll("td.number")];
    const isSide = row.closest("table").classList.contains("side-by-side");
    const isOld = isSide
      ? cell?.cellIndex < 2 && numbers[0]?.textContent !== "" || numbers[1]?.textContent === ""
      : row.classList.contains("removed");
    const number = numbers[isOld ? 0 : 1]?.textContent;
    if (!number) return null;
    const isPlain = isSide ? !row.classList.contains("changed") : !row.matches(".added, .removed");
    return { line: number, type: isPlain ? "CONTEXT" : isOld ? "REMOVED" : "ADDED" };
  };

  const talk = (row, cell) => {
    const place = placeOf(row, cell);
    if (!place) return;
    const below = row.nextElementSibling;
    if (below?.matches("tr.talk-new")) {
      below.querySelector("textarea").focus();
      return;
    }
    const made = document.createElement("tr");
    made.className = "talk talk-new";
    const inside = made.insertCell();
    inside.colSpan = row.cells.length;
    inside.append(form.content.cloneNode(true));
    const section = row.closest("section");
    inside.querySelector("[name=path]").value = section.dataset.path;
    inside.querySelector("[name=src_path]").value = section.dataset.source ?? "";
    for (const [name, value] of [["line", place.line], ["line_type", place.type]]) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      inside.querySelector("form").append(field);
    }
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.className = "button button-quiet";
    cancel.textContent = "Cancel";
    cancel.addEventListener("click", () => made.remove());
    inside.querySelector(".head").append(cancel);
    row.after(made);
    window.htmx?.process(made);
    inside.querySelector("textarea").focus();
  };

  if (form) {
    const plus = document.createElement("button");
    plus.type = "button";
    plus.className = "talk-add diff-line-comment-trigger";
    plus.textContent = "+";
    plus.title = "Comment on this line";
    plus.setAttribute("aria-label", "Comment on this line");
    root.addEventListener("mouseover", (event) => {
      const cell = event.target.closest("td.text, td.number");
      const row = cell?.closest("table.code tr");
      if (!row || row.matches(".hunk, .talk") || !placeOf(row, cell)) return;
      const text = cell.matches(".text") ? cell : cell.nextElementSibling;
      const at = text?.matches(".text") ? text : row.querySelector("td.text");
      if (plus.parentElement !== at) at.prepend(plus);
    });
    // Before a pointer comes, it waits at the first line: for keys, and for scripts that press it.
    for (const row of root.querySelectorAll("table.code tr:not(.hunk, .talk)")) {
      const text = row.querySelector("td.text");
      if (!text || !placeOf(row, text)) continue;
      text.prepend(plus);
      break;
    }
    plus.addEventListener("click", () => talk(plus.closest("tr"), plus.closest("td")));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "c" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
      if (isTyping(event.target) || !current?.matches("tr")) return;
      event.preventDefault();
      talk(current, current.querySelector("td.text"));
    });
  }

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
