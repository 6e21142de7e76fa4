// The tour's figures follow the shop; without this file the page shows those of its loading.

const EVERY = 3000;
const panel = document.querySelector("[data-live]");

function show({ figures, minutes, running }) {
  panel.querySelectorAll(".live__figures > div").forEach((row, at) => {
    const value = row.querySelector("dd");
    if (!figures[at] || value.textContent === figures[at].value) return;
    value.textContent = figures[at].value;
    value.classList.remove("live__new");
    requestAnimationFrame(() => value.classList.add("live__new"));
  });
  panel.querySelectorAll(".live__minutes td").forEach((cell, at) => {
    cell.querySelector("meter").value = minutes[at];
    cell.querySelector("span").textContent = minutes[at];
  });
  for (const form of panel.querySelectorAll("[data-story]")) {
    const on = Boolean(running[form.dataset.story]);
    form.querySelector("[data-start]").hidden = on;
    form.querySelector("[data-stop]").hidden = !on;
    form.querySelector("[data-on]").hidden = !on;
  }
}

async function follow() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(panel.dataset.live);
      if (answer.ok) show(await answer.json());
    } catch {
      // The shop is away for a moment; the next round tries again.
    }
  }
  setTimeout(follow, EVERY);
}

if (panel) setTimeout(follow, EVERY);
