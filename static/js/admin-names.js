// Names what Django's and the theme's widgets leave without one, for those who listen: cells of
// inline tables, the two halves of a moment, lists one can search, the question mark of a filter.
const own = (text) => text?.replace(/[:*\s]+$/u, "").trim();

/** What a field is called on its page: by its column, or by the label of its row. */
const caption = (field) => {
  const column = field.closest("td[data-label]")?.dataset.label;
  if (column) return own(column);
  const label = field.labels?.[0] ?? field.closest(".field-line, .form-row")?.querySelector("label, legend");
  return own(label?.textContent);
};

const isNamed = (field) =>
  field.labels?.length || field.ariaLabel || field.hasAttribute("aria-labelledby") || field.title;

/** Name a field that has no name yet. */
const name = (field) => {
  if (isNamed(field)) return;
  const text = caption(field);
  // Of a moment's two halves each says its format, which tells day from time.
  const half = field.matches(".vDateField, .vTimeField") ? own(field.placeholder) : "";
  if (text) field.ariaLabel = half ? `${text}, ${half}` : text;
};

/** The list that stands for a select: its box, what it shows and where one types. */
const nameList = (select) => {
  const list = select.nextElementSibling;
  if (!list?.matches(".select2")) return;
  const text = caption(select);
  if (!text) return;
  for (const part of list.querySelectorAll("[role=combobox], [role=textbox], .select2-search__field")) {
    if (part.ariaLabel === text) continue;
    part.ariaLabel = text;
    // It named the value, and nothing where nothing is chosen; the value is read as the content.
    part.removeAttribute("aria-labelledby");
  }
  // For the mouse alone: a key takes out what was chosen last.
  for (const cross of list.querySelectorAll("ul > .select2-selection__clear")) cross.ariaHidden = "true";
};

const nameAll = () => {
  const content = document.getElementById("content") ?? document.body;
  const fields = "input:not([type=hidden], [type=submit], [type=button]), select, textarea";
  for (const field of content.querySelectorAll(fields)) {
    if (field.matches(".select2-hidden-accessible")) nameList(field);
    else if (!field.closest(".select2")) name(field);
  }
  for (const tip of content.querySelectorAll(".help-tooltip[aria-label]:not([role])")) tip.role = "img";
};

// Lists are drawn anew at every choice, rows are added: once after each burst of changes.
let waits = false;
const soon = () => {
  if (waits) return;
  waits = true;
  setTimeout(() => {
    waits = false;
    nameAll();
  });
};
addEventListener("DOMContentLoaded", () => {
  nameAll();
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
});
