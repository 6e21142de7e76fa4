// Renews progress and messages of training runs every two seconds while the page is seen.
(() => {
  const table = document.getElementById("training-runs");
  if (!table) return;
  const show = (run) => {
    const row = table.querySelector(`[data-run="${run.id}"]`);
    if (!row) return;
    row.querySelector("progress").value = run.percent;
    for (const part of row.querySelectorAll("[data-part]")) {
      const value = run[part.dataset.part];
      part.textContent = part.dataset.part === "seconds_left" && value !== null ? `${value} s` : value ?? "";
    }
  };
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(table.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { runs } = await answer.json();
    if (runs.some((run) => !table.querySelector(`[data-run="${run.id}"]`))) location.reload();
    runs.forEach(show);
  }, 2000);
})();
