// New messages of the open thread, without reloading.
const thread = document.querySelector("[data-thread]");

async function refresh() {
  const answer = await fetch(`${thread.dataset.thread}?after=${thread.dataset.seq}`);
  if (!answer.ok) return;
  const log = thread.querySelector(".chat__log");
  for (const message of (await answer.json()).messages) {
    if (message.seq <= Number(thread.dataset.seq)) continue;
    thread.dataset.seq = message.seq;
    const box = document.createElement("div");
    box.className = `bubble bubble--${message.author}`;
    const text = document.createElement("p");
    text.textContent = message.text;
    box.append(text);
    log.append(box);
    log.scrollTop = log.scrollHeight;
  }
}

if (thread) {
  const log = thread.querySelector(".chat__log");
  log.scrollTop = log.scrollHeight;
  setInterval(refresh, 2000);
}

// A canned answer is put into the field, to be changed or sent.
const canned = document.querySelector("[data-canned]");
canned?.addEventListener("change", () => {
  const field = document.querySelector("#reply");
  field.value = canned.value;
  field.focus();
});
