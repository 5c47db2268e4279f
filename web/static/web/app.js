// Small behaviour that pages do without where scripts are off: copying, line ranges, closing menus, live slugs.
(() => {
  const say = (text) => {
    const status = document.getElementById("status");
    if (status) status.textContent = text;
  };

  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      event.preventDefault();
      await navigator.clipboard.writeText(copy.dataset.copy);
      say("Copied");
      copy.classList.add("copied");
      setTimeout(() => copy.classList.remove("copied"), 1200);
    }
    for (const menu of document.querySelectorAll("details.drop[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // The clone menu shows the other address at once; the server remembers which it was.
  document.addEventListener("submit", async (event) => {
    const chosen = event.submitter;
    if (!event.target.matches("[data-clone-ways]") || !chosen) return;
    event.preventDefault();
    for (const one of event.target.querySelectorAll("[name=way]")) {
      one.setAttribute("aria-pressed", String(one === chosen));
    }
    const menu = event.target.parentElement;
    menu.querySelector("#clone-url").value = chosen.dataset.url;
    menu.querySelector("[data-copy]").dataset.copy = chosen.dataset.url;
    for (const help of menu.querySelectorAll("[data-help]")) {
      help.hidden = help.dataset.help !== chosen.value;
    }
    say(`Address over ${chosen.textContent}`);
    const form = new FormData(event.target, chosen);
    await fetch(event.target.action, { method: "POST", body: form, redirect: "manual" });
  });

  // What cannot be undone asks once, in words that name the thing.
  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.drop[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
  });

  // A menu with a field to filter by puts the cursor there.
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.drop[open]")) event.target.querySelector("input")?.focus();
  }, true);

  // #L3 and #L3-7 mark lines of a file; Shift-click makes a range.
  const mark = () => {
    const range = location.hash.match(/^#L(\d+)(?:-(\d+))?$/);
    document.querySelectorAll(".code tr.chosen").forEach((row) => row.classList.remove("chosen"));
    if (!range) return;
    const from = Number(range[1]);
    const to = Math.min(Number(range[2] ?? from), from + 5000);
    for (let number = from; number <= to; number += 1) {
      document.getElementById(`L${number}`)?.classList.add("chosen");
    }
    if (range[2]) document.getElementById(`L${from}`)?.scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", mark);
  document.addEventListener("click", (event) => {
    const line = event.target.closest("a[data-line]");
    const before = location.hash.match(/^#L(\d+)/);
    if (!line || !event.shiftKey || !before) return;
    event.preventDefault();
    const [low, high] = [Number(before[1]), Number(line.dataset.line)].sort((a, b) => a - b);
    location.hash = `#L${low}-${high}`;
  });
  mark();

  // The key of a new project and the address of a new repository follow the name, until typed by hand.
  const name = document.querySelector("[data-makes]");
  if (name) {
    const target = document.getElementById(name.dataset.makes);
    let byHand = target.value !== "" && target.value !== undefined;
    target.addEventListener("input", () => { byHand = true; });
    name.addEventListener("input", () => {
      const text = name.value.trim();
      if (target.tagName === "INPUT") {
        if (byHand) return;
        const words = text.toUpperCase().replace(/[^A-Z0-9 ]/g, "").split(/\s+/).filter(Boolean);
        target.value = words.length > 1 ? words.map((word) => word[0]).join("") : (words[0] ?? "").slice(0, 6);
      } else {
        target.textContent = text.toLowerCase().replace(/[^a-z0-9._-]+/g, "-") || "…";
      }
    });
  }
})();
