// Price and stock follow the chosen variant; colours and sizes become rows of their own.

const form = document.querySelector("form[data-buy]");
const offer = form?.querySelector("[data-offer]");
const stock = form?.querySelector("[data-stock-text]");
const button = form?.querySelector(".button--large");
const picture = document.querySelector("img[data-picture]");
const variants = form?.querySelector("[data-variants]");

function follow(choice) {
  const face = choice.closest("label").querySelector("template");
  if (picture && choice.dataset.picture) picture.src = choice.dataset.picture;
  offer.replaceChildren(face.content.cloneNode(true));
  const units = Number(choice.dataset.stock);
  const text = document.createElement("span");
  if (units > 10) {
    text.className = "ok";
    text.textContent = stock.dataset.in;
  } else if (units > 0) {
    text.className = "few";
    text.textContent = stock.dataset.few.replace("%s", String(units));
  } else {
    text.className = "muted";
    text.textContent = stock.dataset.out;
  }
  stock.replaceChildren(text);
  button.disabled = units <= 0;
}

// Where every variant has the same two or more options, one row of choices each replaces the list
// of combinations. The radio buttons stay, out of sight, and are what the form sends.
class Options {
  constructor(radios) {
    this.radios = radios;
    this.keys = radios[0].options.map(([key]) => key);
    this.rows = this.keys.map((key, place) => this.row(key, place));
    const box = document.createElement("div");
    box.append(...this.rows);
    variants.before(box);
    variants.hidden = true;
    this.mark();
  }

  static fits(radios) {
    const keys = radios.map((radio) => radio.options.map(([key]) => key).join());
    return keys[0].includes(",") && keys.every((other) => other === keys[0]);
  }

  row(key, place) {
    const row = document.createElement("fieldset");
    row.className = "option";
    const legend = document.createElement("legend");
    legend.textContent = this.radios[0].options[place][1];
    row.append(legend);
    for (const value of new Set(this.radios.map((radio) => radio.options[place][2]))) {
      const label = document.createElement("label");
      label.className = "variant";
      const input = document.createElement("input");
      input.type = "radio";
      input.name = `option-${key}`;
      input.value = value;
      const face = document.createElement("span");
      face.className = "variant__face";
      face.textContent = value;
      label.append(input, face);
      row.append(label);
      input.addEventListener("change", () => this.choose(place, value));
    }
    return row;
  }

  get chosen() {
    return this.radios.find((radio) => radio.input.checked) ?? this.radios[0];
  }

  choose(place, value) {
    const now = this.chosen.options.map(([, , text]) => text);
    now[place] = value;
    const shared = (radio) => radio.options.filter(([, , text], at) => text === now[at]).length;
    const possible = this.radios.filter((radio) => radio.options[place][2] === value);
    const best = possible.reduce((a, b) => (shared(b) > shared(a) ? b : a));
    best.input.checked = true;
    follow(best.input);
    this.mark();
  }

  mark() {
    const now = this.chosen.options.map(([, , text]) => text);
    this.rows.forEach((row, place) => {
      for (const input of row.querySelectorAll("input")) {
        input.checked = input.value === now[place];
        const same = this.radios.find((radio) =>
          radio.options.every(([, , text], at) => text === (at === place ? input.value : now[at])),
        );
        input.dataset.stock = same ? same.input.dataset.stock : "0";
      }
    });
  }
}

if (variants) {
  variants.addEventListener("change", (event) => follow(event.target));
  const radios = [...variants.querySelectorAll("input")].map((input) => ({
    input,
    options: JSON.parse(input.dataset.options),
  }));
  if (Options.fits(radios)) new Options(radios);
  const chosen = variants.querySelector("input:checked");
  if (chosen) follow(chosen);
}
