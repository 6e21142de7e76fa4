// Suggestions as you type. Without this file the search box still works.
const box = document.querySelector("input[data-suggest]");

function render(list, found) {
  list.replaceChildren();
  for (const entry of [...found.categories, ...found.products]) {
    const item = document.createElement("li");
    item.role = "option";
    const link = document.createElement("a");
    link.href = entry.url;
    link.textContent = entry.title;
    item.append(link);
    list.append(item);
  }
  list.hidden = list.children.length === 0;
  box.setAttribute("aria-expanded", String(!list.hidden));
}

if (box) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = "suggestions";
  list.role = "listbox";
  list.hidden = true;
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");
  box.parentElement.append(list);
  let timer = 0;
  let latest = 0;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++latest;
      const answer = await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(box.value)}`);
      if (answer.ok && mine === latest) render(list, await answer.json());
    }, 150);
  });
  box.parentElement.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const place = links.indexOf(document.activeElement);
    if (event.key === "Escape") list.hidden = true;
    if (event.key === "ArrowDown" && links.length) {
      event.preventDefault();
      links[Math.min(place + 1, links.length - 1)].focus();
    }
    if (event.key === "ArrowUp" && links.length) {
      event.preventDefault();
      (place <= 0 ? box : links[place - 1]).focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!box.parentElement.contains(event.target)) list.hidden = true;
  });
}
