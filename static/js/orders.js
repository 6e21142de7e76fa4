// Comfort for the checkout. Every form works without this file.
const form = document.querySelector("form[data-checkout]");

function showDelivery() {
  const chosen = form.querySelector("input[name=delivery]:checked");
  if (!chosen) return;
  form.querySelector("[data-show=fee]").textContent = chosen.dataset.fee;
  form.querySelector("[data-show=total]").textContent = chosen.dataset.total;
  const pickup = form.querySelector("[data-pickup]");
  const picked = chosen.value === "pickup";
  if (pickup) pickup.hidden = !picked;
}

function toggle(part, hidden) {
  part.hidden = hidden;
  // A hidden field is not sent; what was typed into it is kept.
  part.querySelectorAll("input, select").forEach((field) => {
    field.disabled = hidden;
  });
}

function showAddress() {
  const picked = form.querySelector("input[name=delivery]:checked")?.value === "pickup";
  const saved = form.querySelector("input[name=saved_address]:checked");
  const typed = form.querySelector("[data-new-address]");
  toggle(typed, !picked && Boolean(saved) && saved.value !== "new");
  form.querySelectorAll("[data-part=address]").forEach((part) => {
    if (!typed.hidden || !typed.contains(part)) toggle(part, picked);
  });
}

function useCard(number) {
  const year = String((new Date().getFullYear() + 3) % 100).padStart(2, "0");
  form.elements.card_number.value = number;
  form.elements.card_expiry.value = `12/${year}`;
  form.elements.card_code.value = "123";
}

if (form) {
  form.addEventListener("change", () => {
    showDelivery();
    showAddress();
  });
  showDelivery();
  showAddress();
  form.querySelectorAll("[data-card]").forEach((card) => {
    card.setAttribute("role", "button");
    card.tabIndex = 0;
    card.addEventListener("click", () => useCard(card.dataset.card));
    card.addEventListener("keydown", (event) => {
      if (event.key === "Enter") useCard(card.dataset.card);
    });
  });
}

document.querySelectorAll("button[data-once]").forEach((button) => {
  button.form.addEventListener("submit", () => {
    // After this turn, so that the button itself is still sent.
    setTimeout(() => {
      button.disabled = true;
      button.textContent = button.dataset.once;
    });
  });
});

// A page that comes back from the browser's memory must be usable again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
