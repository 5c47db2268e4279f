// The form for a new branch shows the prefix of the chosen type before the name, and what the branch will be called.
(() => {
  const types = document.querySelector("[data-prefixes]");
  const prefix = document.querySelector("[data-prefix]");
  const name = document.getElementById("id_name");
  const whole = document.querySelector("[data-full-name]");
  if (!types || !prefix || !name || !whole) return;

  const show = () => {
    const chosen = types.value;
    prefix.textContent = chosen;
    prefix.hidden = chosen === "";
    const typed = name.value.trim();
    const full = typed.startsWith(chosen) ? typed : chosen + typed;
    whole.hidden = typed === "";
    whole.textContent = typed === "" ? "" : `The branch will be called ${full}`;
  };
  types.addEventListener("change", show);
  name.addEventListener("input", show);
  show();
})();
