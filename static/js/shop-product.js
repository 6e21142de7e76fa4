// Price and stock follow the chosen variant.

const form = document.querySelector("form[data-buy]");
const offer = form?.querySelector("[data-offer]");
const stock = form?.querySelector("[data-stock-text]");
const button = form?.querySelector(".button--large");

function follow(choice) {
  const face = choice.closest("label").querySelector("template");
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

const variants = form?.querySelector("[data-variants]");
if (variants) {
  variants.addEventListener("change", (event) => follow(event.target));
  const chosen = variants.querySelector("input:checked");
  if (chosen) follow(chosen);
}
