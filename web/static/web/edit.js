// The pages that end in a commit: the dialog of the edit page, the name of a new branch, leaving with unsaved text.
(() => {
  const panel = document.querySelector("[data-commit-panel]");
  if (!panel) return;

  const branch = panel.querySelector("[name=branch]").closest(".field");
  const chosen = () => panel.querySelector("[name=where]:checked")?.value;
  const follow = () => { branch.hidden = chosen() !== "new"; };
  panel.addEventListener("change", follow);
  follow();

  const form = document.querySelector("form[data-edit]");
  if (!form) return;
  let isChanged = "changed" in form.dataset;
  form.addEventListener("input", (event) => { if (event.target.name === "content") isChanged = true; });
  form.addEventListener("submit", (event) => { if (!event.defaultPrevented) isChanged = false; });
  window.addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });

  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.id = "commit-dialog";
  const title = panel.querySelector("[data-commit-title]");
  title.id = "commit-title";
  dialog.setAttribute("aria-labelledby", title.id);
  panel.classList.add("dialog-body");
  form.append(dialog);
  dialog.append(panel);
  panel.querySelector("[data-cancel]").addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  const open = () => {
    const path = form.querySelector("[name=path]");
    if (path && !path.reportValidity()) return;
    dialog.showModal();
    panel.querySelector("[name=message]").focus();
  };
  const button = form.querySelector("[data-open-commit]");
  button.hidden = false;
  button.addEventListener("click", open);
  if (panel.querySelector(".wrong")) open();

  // Before the editor takes the keys for itself.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || dialog.open) return;
    if (event.target.name === "path" || event.ctrlKey || event.metaKey) {
      event.preventDefault();
      event.stopPropagation();
      open();
    }
  }, true);
})();
