// Suggestions as you type, adding to the cart without leaving the page, and the language of both.
// Without this file the search box and every form still work.

const WAIT = 140;

class Suggestions {
  constructor(box) {
    this.box = box;
    this.options = [];
    this.active = -1;
    this.request = null;
    this.timer = 0;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `${box.id}-suggestions`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", box.dataset.label);
    this.list.hidden = true;
    this.status = document.createElement("p");
    this.status.className = "hidden";
    this.status.setAttribute("role", "status");
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", this.list.id);
    box.setAttribute("aria-expanded", "false");
    box.form.append(this.list, this.status);
    box.addEventListener("input", (event) => {
      // While an input method composes, half-written pinyin is not yet what is meant.
      if (!event.isComposing) this.schedule();
    });
    box.addEventListener("compositionend", () => this.schedule());
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("focus", () => this.options.length && this.open(true));
    document.addEventListener("pointerdown", (event) => {
      if (!box.form.contains(event.target)) this.open(false);
    });
    box.form.addEventListener("focusout", (event) => {
      if (!box.form.contains(event.relatedTarget)) this.open(false);
    });
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), WAIT);
  }

  async load() {
    const typed = this.box.value.trim();
    this.request?.abort();
    if (!typed) {
      this.render([]);
      return;
    }
    this.request = new AbortController();
    try {
      const url = `${this.box.dataset.suggest}?q=${encodeURIComponent(typed)}`;
      const answer = await fetch(url, { signal: this.request.signal });
      if (answer.ok) this.show(typed, await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.render([]);
    }
  }

  show(typed, found) {
    const all = {
      title: this.box.dataset.all.replace("%s", typed),
      url: `${this.box.form.action}?q=${encodeURIComponent(typed)}`,
      kind: "all",
    };
    const groups = found.categories.map((entry) => ({ ...entry, kind: "category" }));
    const products = found.products.map((entry) => ({ ...entry, kind: "product" }));
    this.render([...groups, ...products, all], typed);
    const count = groups.length + products.length;
    this.status.textContent = this.box.dataset.found.replace("%s", String(count));
  }

  render(entries, typed = "") {
    this.active = -1;
    this.box.removeAttribute("aria-activedescendant");
    this.options = entries.map((entry, place) => option(entry, typed, `${this.list.id}-${place}`));
    this.list.replaceChildren(...this.options);
    this.open(entries.length > 0 && document.activeElement === this.box);
  }

  open(wanted) {
    this.list.hidden = !wanted;
    this.box.setAttribute("aria-expanded", String(wanted));
  }

  key(event) {
    if (event.isComposing) return;
    const last = this.options.length - 1;
    if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.open(false);
    } else if (event.key === "ArrowDown" && last >= 0) {
      event.preventDefault();
      this.open(true);
      this.activate(this.active >= last ? 0 : this.active + 1);
    } else if (event.key === "ArrowUp" && last >= 0) {
      event.preventDefault();
      this.open(true);
      this.activate(this.active <= 0 ? last : this.active - 1);
    } else if (event.key === "Enter" && this.active >= 0 && !this.list.hidden) {
      event.preventDefault();
      this.options[this.active].querySelector("a").click();
    }
  }

  activate(place) {
    this.options[this.active]?.setAttribute("aria-selected", "false");
    this.active = place;
    const chosen = this.options[place];
    chosen.setAttribute("aria-selected", "true");
    chosen.scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", chosen.id);
  }
}

function option(entry, typed, id) {
  const item = document.createElement("li");
  item.id = id;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.className = `suggestion suggestion--${entry.kind}`;
  const link = document.createElement("a");
  link.href = entry.url;
  link.tabIndex = -1;
  if (entry.picture) {
    const picture = document.createElement("img");
    picture.src = entry.picture;
    picture.alt = "";
    picture.width = 28;
    picture.height = 28;
    link.append(picture);
  }
  const text = document.createElement("span");
  text.append(...marked(entry.title, entry.kind === "all" ? "" : typed));
  link.append(text);
  item.append(link);
  return item;
}

function marked(title, typed) {
  const place = typed ? title.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  if (place < 0) return [title];
  const mark = document.createElement("mark");
  mark.textContent = title.slice(place, place + typed.length);
  return [title.slice(0, place), mark, title.slice(place + typed.length)];
}

function toast(message, failed) {
  const note = document.createElement("p");
  note.className = `toast${failed ? " toast--error" : ""}`;
  // For the eye; screen readers miss what appears together with its region.
  note.setAttribute("aria-hidden", "true");
  note.textContent = message;
  document.querySelector(".toast")?.remove();
  document.body.append(note);
  say(message, failed);
  setTimeout(() => note.remove(), 4000);
}

// The page brings the regions, empty; the pause makes the same words twice two announcements.
function say(message, urgent) {
  const region = document.querySelector(urgent ? "[data-say=now]" : "[data-say=soon]");
  if (!region) return; // a page kept from before
  region.textContent = "";
  setTimeout(() => {
    region.textContent = message;
  }, 100);
}

async function addToCart(event) {
  const form = event.target.closest("form[data-add]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button:not([type=button])");
  button.disabled = true;
  let body;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new FormData(form),
    });
    body = await answer.json();
  } catch {
    // Whatever went wrong on the way, the plain form tells it properly.
    form.submit();
    return;
  } finally {
    button.disabled = false;
  }
  // Outside: once the shop has answered, nothing may send the form a second time.
  toast(body.message, Boolean(body.error));
  for (const count of document.querySelectorAll("[data-cart-count]")) {
    count.textContent = body.count;
    count.hidden = !body.count;
  }
}

for (const box of document.querySelectorAll("input[data-suggest]")) new Suggestions(box);
document.addEventListener("submit", addToCart);
