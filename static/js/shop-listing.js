// Filters apply as soon as they change; their buttons are for pages without scripts (mercato.css).

const form = document.querySelector("form[data-filters]");
if (form) form.addEventListener("change", () => form.requestSubmit());
