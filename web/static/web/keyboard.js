// Shortcuts: what bears data-shortcut is opened, followed or focused by its keys; forms are sent by Ctrl-Enter.
(() => {
  const FIRST_OF_TWO = "g";
  const PATIENCE = 1500;
  let begun = 0;

  const isOff = () => document.documentElement.dataset.shortcuts === "off";
  const isTyping = (target) => Boolean(target.closest("input, textarea, select, [contenteditable]"));

  const show = async (dialog, address) => {
    if (!dialog.childElementCount) {
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (!answer.ok) {
        location.assign(address);
        return;
      }
      dialog.innerHTML = await answer.text();
    }
    if (!dialog.open) dialog.showModal();
  };

  const follow = (target) => {
    if (target.tagName === "DETAILS") {
      target.open = true;
      target.querySelector("input")?.focus();
    } else if (target.matches("a, button")) {
      target.click();
    } else {
      target.focus();
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(document.getElementById(link.dataset.dialog), link.href);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form[method=post]");
      if (form && !event.defaultPrevented) {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isOff() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key.length !== 1) return;
    const isSecond = Date.now() - begun < PATIENCE;
    begun = 0;
    const keys = isSecond ? `${FIRST_OF_TWO} ${event.key}` : event.key;
    const target = document.querySelector(`[data-shortcut="${CSS.escape(keys)}"]`);
    if (target) {
      event.preventDefault();
      follow(target);
    } else if (!isSecond && event.key === FIRST_OF_TWO) {
      begun = Date.now();
    }
  });

  // The sidebar folds at once; the server remembers it.
  document.addEventListener("submit", async (event) => {
    if (!event.target.matches("[data-side-fold]")) return;
    event.preventDefault();
    const button = event.target.querySelector("button");
    const form = new FormData(event.target, button);
    const isNarrow = button.value === "narrow";
    if (isNarrow) document.documentElement.dataset.sidebar = "narrow";
    else delete document.documentElement.dataset.sidebar;
    button.value = isNarrow ? "wide" : "narrow";
    button.setAttribute("aria-expanded", String(!isNarrow));
    await fetch(event.target.action, { method: "POST", body: form, redirect: "manual" });
  });
})();
