// Facts and functions of a rule as one types. Without this file the field is a plain one, and the
// facts are listed below it.

const MOST = 8;

class Completion {
  constructor(box) {
    this.box = box;
    this.words = JSON.parse(box.dataset.words);
    this.found = [];
    this.active = -1;
    this.list = document.createElement("ul");
    this.list.className = "risk-words";
    this.list.id = `${box.id}-words`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", box.dataset.label);
    this.list.hidden = true;
    this.status = document.createElement("p");
    this.status.setAttribute("role", "status");
    box.after(this.list, this.status);
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", this.list.id);
    box.setAttribute("autocomplete", "off");
    box.spellcheck = false;
    box.addEventListener("input", (event) => {
      if (!event.isComposing) this.suggest();
    });
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("blur", () => this.close());
  }

  /** The name that ends at the cursor; nothing within a text in quotes. */
  typed() {
    const before = this.box.value.slice(0, this.box.selectionStart);
    if ((before.match(/"/g) ?? []).length % 2 || (before.match(/'/g) ?? []).length % 2) return "";
    return /[a-z_][a-z0-9_]*$/i.exec(before)?.[0] ?? "";
  }

  suggest() {
    const typed = this.typed().toLowerCase();
    if (!typed) {
      this.close();
      return;
    }
    const starts = this.words.filter((word) => word.name.startsWith(typed));
    const rest = this.words.filter(
      (word) =>
        !word.name.startsWith(typed) &&
        (word.name.includes(typed) || word.text.toLowerCase().includes(typed)),
    );
    this.found = [...starts, ...rest].slice(0, MOST);
    if (this.found.length === 0 || (this.found.length === 1 && this.found[0].name === typed)) {
      this.close();
      return;
    }
    this.list.replaceChildren(...this.found.map((word, place) => this.option(word, place)));
    this.list.hidden = false;
    this.status.textContent = this.box.dataset.found.replace("%s", String(this.found.length));
    this.mark(-1);
  }

  option(word, place) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${place}`;
    item.setAttribute("role", "option");
    const name = document.createElement("code");
    name.textContent = word.name;
    const text = document.createElement("span");
    text.textContent = word.text === word.name ? "" : word.text;
    item.append(name, " ", text);
    // The field keeps the focus, so that typing goes on.
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.take(place);
    });
    return item;
  }

  mark(place) {
    this.active = place;
    [...this.list.children].forEach((item, number) =>
      item.setAttribute("aria-selected", String(number === place)),
    );
    const item = this.list.children[place];
    if (item) this.box.setAttribute("aria-activedescendant", item.id);
    else this.box.removeAttribute("aria-activedescendant");
    item?.scrollIntoView({ block: "nearest" });
  }

  take(place) {
    const end = this.box.selectionStart;
    const { name, call } = this.found[place];
    this.box.setRangeText(call ? `${name}(` : name, end - this.typed().length, end, "end");
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.status.textContent = "";
    this.mark(-1);
  }

  key(event) {
    if (this.list.hidden || event.isComposing) return;
    const count = this.found.length;
    if (event.key === "ArrowDown") this.mark((this.active + 1) % count);
    else if (event.key === "ArrowUp") this.mark((this.active <= 0 ? count : this.active) - 1);
    else if (event.key === "Enter" && this.active >= 0) this.take(this.active);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }
}

for (const box of document.querySelectorAll("textarea[data-words]")) new Completion(box);
