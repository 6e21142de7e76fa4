// The open thread: what is new, who else looks at it, what the customer has seen.
const thread = document.querySelector("[data-thread]");
const reply = document.querySelector("#reply");
let typed = 0;
let read = 0;

function bubble(message) {
  const box = document.createElement("div");
  box.className = `bubble bubble--${message.author}`;
  box.dataset.seq = message.seq;
  if (message.text) {
    const text = document.createElement("p");
    text.textContent = message.text;
    box.append(text);
  }
  for (const address of message.payload?.pictures ?? []) {
    const link = document.createElement("a");
    link.className = "chat-photo";
    link.href = address;
    link.target = "_blank";
    const picture = document.createElement("img");
    picture.src = address;
    picture.alt = thread.dataset.picture;
    link.append(picture);
    box.append(link);
  }
  return box;
}

async function fetchNew() {
  const answer = await fetch(`${thread.dataset.thread}?after=${thread.dataset.seq}`);
  if (!answer.ok) return;
  const log = thread.querySelector(".chat__log");
  for (const message of (await answer.json()).messages) {
    if (message.seq <= Number(thread.dataset.seq)) continue;
    thread.dataset.seq = message.seq;
    log.append(bubble(message));
    log.scrollTop = log.scrollHeight;
  }
}

function showOthers(others) {
  const line = thread.querySelector(".console__others");
  line.textContent = others
    .map(({ name, typing }) => (typing ? thread.dataset.types : thread.dataset.looks).replace("{name}", name))
    .join(" ");
  line.hidden = others.length === 0;
}

function showRead(seq) {
  if (seq <= read) return;
  read = seq;
  const own = [...thread.querySelectorAll(".bubble--agent[data-seq]")].filter((box) => Number(box.dataset.seq) <= seq);
  thread.querySelector(".bubble__mark")?.remove();
  if (!own.length) return;
  const mark = document.createElement("small");
  mark.className = "bubble__mark";
  mark.textContent = `✓✓ ${thread.dataset.seen}`;
  own.at(-1).append(mark);
}

async function beHere() {
  const visible = document.visibilityState === "visible";
  const body = new URLSearchParams({
    seen: visible ? thread.dataset.seq : "0",
    typing: Date.now() - typed < 2500 ? "1" : "0",
  });
  const answer = await fetch(thread.dataset.here, {
    method: "POST",
    body,
    headers: { "X-CSRFToken": thread.dataset.token },
  });
  if (!answer.ok) return;
  const now = await answer.json();
  if (now.last > Number(thread.dataset.seq)) await fetchNew();
  showOthers(now.others);
  showRead(now.read);
}

if (thread) {
  const log = thread.querySelector(".chat__log");
  log.scrollTop = log.scrollHeight;
  beHere().catch(() => {});
  // The network may be away for a moment; the next look finds what was missed.
  setInterval(() => beHere().catch(() => {}), 2000);
  reply.addEventListener("input", () => {
    typed = Date.now();
  });
}

// A canned or suggested answer is put into the field, to be changed or sent.
function put(text) {
  reply.value = text;
  typed = Date.now();
  reply.focus();
}
const canned = document.querySelector("[data-canned]");
canned?.addEventListener("change", () => put(canned.value));
for (const button of document.querySelectorAll("[data-suggestion]")) {
  button.addEventListener("click", () => put(button.dataset.suggestion));
}

// Timers count down to when an answer is due, then up from it.
const timers = [...document.querySelectorAll("[data-due]")];
function tick() {
  for (const timer of timers) {
    const seconds = Math.round((new Date(timer.dataset.due) - Date.now()) / 1000);
    const left = Math.abs(seconds);
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    timer.classList.toggle("is-late", seconds < 0);
    timer.textContent = seconds < 0 ? `${timer.dataset.late} ${clock}` : clock;
  }
}
if (timers.length) {
  tick();
  setInterval(tick, 1000);
}
