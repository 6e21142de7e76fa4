// Shows progress of training runs as it comes over the websocket.
(() => {
  const table = document.getElementById("training-runs");
  if (!table) return;
  const status = document.getElementById("training-connection");
  const RETRY_MS = 2000;

  const show = (run) => {
    const row = table.querySelector(`[data-run="${run.id}"]`);
    // A new run, or other buttons: the server writes those.
    if (!row || row.dataset.state !== run.state) return false;
    row.querySelector("progress").value = run.percent;
    const curve = row.querySelector("svg");
    curve.toggleAttribute("hidden", !run.points);
    for (const part of row.querySelectorAll("[data-part]")) {
      const value = run[part.dataset.part] ?? "";
      if (part.dataset.part === "points") part.setAttribute("points", value);
      else part.textContent = value;
    }
    return true;
  };

  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/training/`);
    socket.onopen = () => { status.textContent = status.dataset.live; };
    socket.onmessage = (message) => {
      if (!JSON.parse(message.data).runs.every(show)) location.reload();
    };
    socket.onclose = () => {
      status.textContent = status.dataset.away;
      setTimeout(connect, RETRY_MS);
    };
  };
  connect();
})();
