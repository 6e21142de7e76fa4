// The start page of staff follows the shop: every few seconds the parts that have changed are
// exchanged. Without this file the page shows the figures of its loading.

const EVERY = 5000;
const page = document.getElementById("sections");
const said = document.getElementById("live-said");

// The theme's legend is off and its letters are too pale to read.
function legible(chart) {
  const letters = getComputedStyle(page).color;
  const legend = chart.options.plugins.legend;
  legend.display = chart.data.datasets.length > 1;
  legend.labels.color = letters;
  for (const axis of Object.values(chart.options.scales)) axis.ticks.color = letters;
  chart.update("none");
}

function charts(within) {
  return [...within.querySelectorAll("canvas.chart")]
    .map((canvas) => Chart.getChart(canvas))
    .filter(Boolean);
}

// The same drawing with new figures; true when it was enough.
function redraw(now, fresh) {
  const canvas = now.querySelector("canvas");
  const next = fresh.querySelector("canvas");
  const chart = canvas && next && Chart.getChart(canvas);
  if (!chart) return false;
  const { labels, datasets } = JSON.parse(next.dataset.value);
  chart.data.labels = labels;
  datasets.forEach((set, at) => { chart.data.datasets[at].data = set.data; });
  chart.update("none");
  canvas.dataset.value = next.dataset.value;
  now.querySelector("tbody").replaceWith(fresh.querySelector("tbody"));
  return true;
}

function exchange(fresh) {
  const more = [];
  for (const part of page.querySelectorAll("[data-live]")) {
    const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!next || next.innerHTML === part.dataset.was) continue;
    const was = part.querySelector("[data-waits]");
    const now = next.querySelector("[data-waits]");
    if (was && now && Number(now.textContent) > Number(was.textContent)) {
      more.push(`${now.dataset.waits}: ${now.textContent}`);
    }
    const source = next.innerHTML;
    const held = part.contains(document.activeElement);
    if (!redraw(part, next) && !(held && part.innerHTML === source)) {
      const link = held && document.activeElement.getAttribute("href");
      part.className = next.className;
      part.innerHTML = source;
      if (held) [...part.querySelectorAll("a")].find((a) => a.getAttribute("href") === link)?.focus();
    }
    part.dataset.was = source;
  }
  if (more.length) said.textContent = more.join(", ");
}

async function follow() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(page.dataset.liveUrl);
      if (answer.ok && !answer.redirected) {
        exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
      }
    } catch {
      // The shop is away for a moment; the next round tries again.
    }
  }
  setTimeout(follow, EVERY);
}

function begin() {
  for (const part of page.querySelectorAll("[data-live]")) part.dataset.was = part.innerHTML;
  charts(page).forEach(legible);
  new MutationObserver(() => charts(page).forEach(legible)).observe(document.documentElement, {
    attributeFilter: ["class"],
  });
  setTimeout(follow, EVERY);
}

// The theme draws its charts when everything is loaded.
if (document.readyState === "complete") begin();
else addEventListener("load", () => setTimeout(begin));
