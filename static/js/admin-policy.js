// What the admin's theme would write into the page itself is done in ways the policy allows.

// The indicator's rules are in admin.css.
htmx.config.includeIndicatorStyles = false;

// Alpine sets a bound style as an attribute; set as a property it does the same.
const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (name === "style" && this.style) this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
