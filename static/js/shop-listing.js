// Filters apply as soon as they change; on a phone they start folded.

const form = document.querySelector("form[data-filters]");
if (form) {
  for (const button of form.querySelectorAll("[data-apply]")) button.hidden = true;
  const box = form.querySelector("[data-filter-box]");
  if (box && window.matchMedia("(max-width: 859px)").matches) box.open = false;
  form.addEventListener("change", () => form.requestSubmit());
}
