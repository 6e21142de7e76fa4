// What the admin's theme would write into the page itself is done in ways the policy allows.

// The indicator's rules are in admin.css.
htmx.config.includeIndicatorStyles = false;

// Alpine sets a bound style as an attribute; set as a property it does the same.
const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (name === "style" && this.style) this.style.cssText = value;
  else setAttribute.call(this, name, value);
};

// Search over everything: by its button, and by "/" where no list's own search takes the key.
const openSearch = () => window.dispatchEvent(new CustomEvent("opencommand"));
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-find]")) return;
  // The dialog closes at a click outside of it: at this one too, had it been open already.
  setTimeout(openSearch);
});
document.addEventListener("keydown", (event) => {
  const at = event.target;
  const writing = at.isContentEditable || /^(input|textarea|select)$/i.test(at.tagName);
  if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.getElementById("searchbar")) return;
  event.preventDefault();
  openSearch();
});
// The theme's search waits for keys; what is pasted or written by an input method comes without.
document.addEventListener("input", ({ target }) => {
  if (target.id === "search-input-command") target.dispatchEvent(new Event("keyup"));
});
