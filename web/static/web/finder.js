// Find a file as one types: letters in order, better the closer they stand and the nearer to the name.
(() => {
  const form = document.querySelector("[data-finder]");
  if (!form) return;
  const field = form.querySelector("[name=filter]");
  const list = document.getElementById("found-files");
  const note = document.getElementById("found-note");
  const SHOWN = 100;
  let paths = null;
  let at = 0;

  const encoded = (path) => path.split("/").map(encodeURIComponent).join("/");
  const fetched = fetch(form.dataset.finder).then(async (answer) => {
    if (!answer.ok) return;
    paths = (await answer.json()).map((one) => {
      const [path, address] = Array.isArray(one) ? one : [one, null];
      return { path, address, lower: path.toLowerCase(), name: path.lastIndexOf("/") + 1 };
    });
  });

  // Where the letters stand, taken from the end so that the name counts first; null if one is missing.
  const places = (lower, letters) => {
    const found = [];
    let from = lower.length;
    for (let index = letters.length - 1; index >= 0; index -= 1) {
      from = lower.lastIndexOf(letters[index], from - 1);
      if (from < 0) return null;
      found.unshift(from);
      if (from === 0 && index > 0) return null;
    }
    return found;
  };

  const rated = (file, letters) => {
    const whole = file.lower.lastIndexOf(letters);
    if (whole >= 0) {
      const inName = whole >= file.name ? 1000 : 500;
      const atStart = whole === file.name || "/_-. ".includes(file.lower[whole - 1] ?? "/") ? 200 : 0;
      return { score: inName + atStart - file.path.length / 10, marks: [...letters].map((_, n) => whole + n) };
    }
    const marks = places(file.lower, letters);
    if (!marks) return null;
    let score = -file.path.length / 10;
    marks.forEach((mark, n) => {
      if (n && mark === marks[n - 1] + 1) score += 8;
      if (mark >= file.name) score += 3;
      if ("/_-. ".includes(file.lower[mark - 1] ?? "/")) score += 5;
    });
    return { score, marks };
  };

  const row = (file, marks) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const query = form.dataset.at ? `?at=${encodeURIComponent(form.dataset.at)}` : "";
    link.href = `${form.dataset.browse}/${file.address ?? encoded(file.path)}${query}`;
    const marked = new Set(marks);
    let text = "";
    for (let index = 0; index < file.path.length; index += 1) {
      if (!marked.has(index)) {
        text += file.path[index];
        continue;
      }
      link.append(text);
      text = "";
      const mark = document.createElement("mark");
      while (marked.has(index)) { mark.append(file.path[index]); index += 1; }
      index -= 1;
      link.append(mark);
    }
    link.append(text);
    item.append(link);
    return item;
  };

  const choose = (number) => {
    const items = list.children;
    if (!items.length) return;
    at = (number + items.length) % items.length;
    [...items].forEach((item, index) => item.classList.toggle("chosen", index === at));
    items[at].scrollIntoView({ block: "nearest" });
    document.getElementById("status").textContent = items[at].textContent;
  };

  const draw = () => {
    if (!paths) return;
    const letters = field.value.toLowerCase().replace(/\s+/g, "");
    const found = letters
      ? paths.map((file) => ({ file, ...rated(file, letters) })).filter((one) => one.marks)
        .sort((a, b) => b.score - a.score)
      : paths.map((file) => ({ file, marks: [] }));
    list.replaceChildren(...found.slice(0, SHOWN).map((one) => row(one.file, one.marks)));
    note.textContent = found.length === 0 ? "No file has these letters in its path."
      : found.length > SHOWN ? `${found.length - SHOWN} more: type more letters.` : "";
    const address = new URL(location.href);
    if (field.value) address.searchParams.set("filter", field.value);
    else address.searchParams.delete("filter");
    history.replaceState(null, "", address);
    choose(0);
  };

  field.addEventListener("input", draw);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(at + 1);
    else if (event.key === "ArrowUp") choose(at - 1);
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await fetched;
    list.children[at]?.querySelector("a").click();
  });
  choose(0);
  fetched.then(draw);
})();
