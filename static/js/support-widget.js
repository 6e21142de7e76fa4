// The chat widget. Messages carry an id of ours, so that sending one again never doubles it.
const root = document.querySelector(".chat");
const log = root.querySelector(".chat__log");
const panel = root.querySelector(".chat__panel");
const opener = root.querySelector(".chat__open");
const input = root.querySelector("#chat-text");
const unread = root.querySelector(".chat__unread");
const quick = root.querySelector(".chat__quick");
const pending = new Map();
const stored = "chat-pending";
let seen = 0;
let talk = "";
let missed = 0;
let socket = null;
let delay = 500;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function bubble(message) {
  const box = element("div", `bubble bubble--${message.author}`);
  if (message.text) box.append(element("p", "", message.text));
  for (const address of message.payload?.pictures ?? []) box.append(photo(address));
  for (const card of message.payload?.cards ?? []) {
    const link = element("a", "chat-card");
    link.href = card.url;
    if (card.picture || card.icon) {
      const picture = element("img");
      picture.src = card.picture ?? root.dataset.picture.replace("CODE", card.icon);
      picture.width = 44;
      picture.height = 44;
      picture.alt = "";
      link.append(picture);
    }
    link.classList.add(`chat-card--${card.kind}`);
    const words = element("span", "", card.title);
    words.append(element("small", "", card.text));
    link.append(words);
    box.append(link);
  }
  if (message.payload?.rate) box.append(stars(message.payload.rate));
  if (message.payload?.offline) box.append(leaveForm());
  if (message.author === "bot" && message.seq) box.append(thumbs(message.seq));
  return box;
}

function thumbs(seq) {
  const group = element("span", "chat__thumbs");
  for (const [helpful, sign, label] of [
    [true, "▲", root.dataset.helpful],
    [false, "▼", root.dataset.notHelpful],
  ]) {
    const button = element("button", "", sign);
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", async () => {
      const answer = await post(root.dataset.thumb, JSON.stringify({ seq, helpful })).catch(() => null);
      if (!answer?.ok) return;
      for (const one of group.children) one.setAttribute("aria-pressed", String(one === button));
    });
    group.append(button);
  }
  return group;
}

function photo(address) {
  const link = element("a", "chat-photo");
  link.href = address;
  link.target = "_blank";
  const picture = element("img");
  picture.src = address;
  picture.alt = root.dataset.pictureLabel;
  picture.addEventListener("load", toEnd);
  link.append(picture);
  return link;
}

function toEnd() {
  log.scrollTop = log.scrollHeight;
}

// Nobody is there: a message and an address for the answer.
function leaveForm() {
  const form = element("form", "chat__leave");
  const fields = { email: element("input"), text: element("textarea") };
  fields.email.type = "email";
  fields.email.autocomplete = "email";
  fields.email.value = root.dataset.email;
  fields.text.maxLength = 4000;
  fields.text.rows = 3;
  for (const [name, field] of Object.entries(fields)) {
    field.required = true;
    const label = element("label", "", name === "email" ? root.dataset.emailLabel : root.dataset.leftLabel);
    label.append(field);
    form.append(label);
  }
  const id = newId();
  const told = element("small");
  told.setAttribute("role", "alert");
  form.append(element("button", "button", root.dataset.leaveLabel), told);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = JSON.stringify({ id, email: fields.email.value, text: fields.text.value });
    const answer = await post(`${root.dataset.leave}?after=${seen}`, body).catch(() => null);
    if (answer?.ok) {
      form.remove();
      show((await answer.json()).messages);
    } else told.textContent = (await refusal(answer)) ?? root.dataset.failed;
  });
  return form;
}

async function refusal(answer) {
  return (await answer?.json().catch(() => null))?.error?.message;
}

function post(address, body) {
  return fetch(address, { method: "POST", body, headers: { "X-CSRFToken": root.dataset.token } });
}

function newId() {
  return crypto.randomUUID?.() ?? String(Math.random()).slice(2);
}

// Under the customer's last message: that it has arrived, that an agent has seen it.
const mark = element("small", "bubble__mark");
let last = null;
let agentRead = 0;

function markLast() {
  if (!last) return;
  mark.textContent = agentRead >= last.seq ? `✓✓ ${root.dataset.seen}` : `✓ ${root.dataset.delivered}`;
  last.box.append(mark);
}

function stars(conversation) {
  const group = element("div", "chat__stars");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", root.dataset.rateLabel);
  for (let count = 1; count <= 5; count += 1) {
    const button = element("button", "", "★");
    button.type = "button";
    button.setAttribute("aria-label", String(count));
    button.addEventListener("click", async () => {
      const answer = await post(root.dataset.rate, JSON.stringify({ conversation, stars: count }));
      if (answer.ok) group.replaceChildren(element("small", "", root.dataset.rated));
    });
    group.append(button);
  }
  return group;
}

const typing = element("div", "bubble bubble--bot chat__typing");
typing.append(element("span", "", "•••"));
typing.setAttribute("aria-label", root.dataset.typing);
let typingEnds = 0;

function agentTypes() {
  typing.setAttribute("aria-label", root.dataset.agentTyping);
  log.append(typing);
  toEnd();
  clearTimeout(typingEnds);
  typingEnds = setTimeout(() => typing.remove(), 3000);
}

// An agent wants to know whether they were read; nobody asks that of the assistant's answers.
let told = 0;
let agentSaid = 0;

function tellRead() {
  if (panel.hidden || agentSaid <= told || socket?.readyState !== WebSocket.OPEN) return;
  told = agentSaid;
  socket.send(JSON.stringify({ type: "read", seq: told }));
}

// What is not acknowledged yet outlives a reload.
function keep() {
  const rows = [...pending].map(([id, { text }]) => [id, text]);
  sessionStorage.setItem(stored, JSON.stringify(rows));
}

function offer(replies) {
  quick.replaceChildren(
    ...replies.map((text) => {
      const button = element("button", "", text);
      button.type = "button";
      return button;
    }),
  );
}

// Another conversation counts from 1 again.
function belongsTo(conversation) {
  if (!conversation || conversation === talk) return;
  if (talk) seen = told = agentSaid = agentRead = 0;
  talk = conversation;
}

function show(messages) {
  for (const message of messages) {
    if (message.seq <= seen) continue;
    seen = message.seq;
    pending.get(message.client_id)?.box.remove();
    if (pending.delete(message.client_id)) keep();
    const box = bubble(message);
    log.append(box);
    if (message.author === "customer") last = { box, seq: message.seq };
    if (message.author === "agent") agentSaid = message.seq;
    if (message.author !== "customer") {
      typing.remove();
      if (panel.hidden && seen > Number(sessionStorage.getItem("chat-read") ?? 0)) missed += 1;
      // What can be chosen belongs to the last message; a person who takes over offers nothing.
      offer(message.payload?.quick ?? []);
    }
  }
  markLast();
  tellRead();
  unread.textContent = String(missed);
  unread.hidden = missed === 0;
  if (!panel.hidden) sessionStorage.setItem("chat-read", String(seen));
  toEnd();
}

async function overHttp(body) {
  const options = body
    ? { method: "POST", body: JSON.stringify(body), headers: { "X-CSRFToken": root.dataset.token } }
    : {};
  const answer = await fetch(`${root.dataset.messages}?after=${seen}`, options);
  if (answer.ok) show((await answer.json()).messages);
  return answer.ok;
}

const FROZEN = 4003; // support/consumers.py

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}${root.dataset.socket}`);
  socket.addEventListener("open", () => {
    delay = 500;
    socket.send(JSON.stringify({ type: "resume", after: seen, conversation: talk }));
    for (const [id, { text }] of pending) socket.send(JSON.stringify({ type: "message", id, text }));
  });
  socket.addEventListener("message", (event) => {
    const content = JSON.parse(event.data);
    belongsTo(content.conversation);
    if (content.type === "messages") show(content.messages);
    if (content.type === "error") fail(content.id);
    if (content.type === "typing") agentTypes();
    if (content.type === "read") {
      agentRead = content.seq;
      markLast();
    }
  });
  socket.addEventListener("close", (event) => {
    if (event.code === FROZEN) return;
    delay = Math.min(delay * 2, 15000);
    setTimeout(connect, delay);
  });
}

function fail(id) {
  const item = pending.get(id);
  if (!item) return;
  pending.delete(id);
  keep();
  typing.remove();
  item.box.append(element("small", "", root.dataset.failed));
  input.value = item.text;
}

function draft(id, text) {
  const box = bubble({ author: "customer", text });
  box.classList.add("is-pending");
  log.append(box);
  pending.set(id, { box, text });
  keep();
}

async function sendPicture(file) {
  const id = newId();
  const box = bubble({ author: "customer", text: input.value.trim(), payload: {} });
  box.classList.add("is-pending");
  const picture = element("img", "chat-photo");
  // The content policy shows data, not blobs.
  const reader = new FileReader();
  reader.addEventListener("load", () => (picture.src = reader.result));
  reader.readAsDataURL(file);
  picture.alt = root.dataset.pictureLabel;
  box.append(picture);
  log.append(box);
  toEnd();
  const body = new FormData();
  body.append("id", id);
  body.append("text", input.value.trim());
  body.append("file", file);
  const answer = await post(`${root.dataset.show}?after=${seen}`, body).catch(() => null);
  if (answer?.ok) {
    input.value = "";
    box.remove();
    show((await answer.json()).messages);
    return;
  }
  picture.remove();
  box.append(element("small", "", (await refusal(answer)) ?? root.dataset.failed));
}

async function send(text) {
  const id = newId();
  draft(id, text);
  log.append(typing);
  setTimeout(() => typing.remove(), 8000);
  log.scrollTop = log.scrollHeight;
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "message", id, text }));
  else if (!(await overHttp({ id, text }).catch(() => false))) fail(id);
}

function toggle(open) {
  panel.hidden = !open;
  opener.setAttribute("aria-expanded", String(open));
  if (open) {
    if (!socket) connect();
    missed = 0;
    unread.hidden = true;
    input.focus();
    log.scrollTop = log.scrollHeight;
    sessionStorage.setItem("chat-read", String(seen));
    tellRead();
  } else opener.focus();
}

opener.addEventListener("click", (event) => {
  event.preventDefault();
  toggle(panel.hidden);
});

// On a phone the button would lie over what one wants to press, and be pressed in its place: it
// moves up until there is nothing of that kind under it. A card or a row is larger than the button
// and can be pressed beside it; a short link cannot.
const CONTROLS = "main :is(button, .button, input, select, textarea, summary, label)";
const LINKS = "main a[href], footer a[href]";
const GAP = 4;
let looking = false;

function besides(selector) {
  const left = opener.offsetLeft;
  const right = left + opener.offsetWidth;
  return [...document.querySelectorAll(selector)]
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, box]) => box.left < right && box.right > left && box.bottom > 0 && box.top < innerHeight)
    // What lies folded has a place as well.
    .filter(([element]) => element.checkVisibility?.({ visibilityProperty: true }) ?? true)
    .map(([, box]) => box);
}

// How far up the lowest free place is; nothing when it is beyond a third of the screen.
function lift(boxes) {
  const top = opener.offsetTop;
  const height = opener.offsetHeight;
  let place = top;
  for (;;) {
    const under = boxes.find((box) => box.top < place + height && box.bottom > place);
    if (!under) return top - place;
    place = under.top - height - GAP;
    if (top - place > innerHeight / 3) return null;
  }
}

function stepAside() {
  looking = false;
  const controls = besides(CONTROLS);
  const short = besides(LINKS).filter((box) => box.width < 3 * opener.offsetWidth && box.height < 2 * opener.offsetHeight);
  opener.style.translate = `0 -${lift([...controls, ...short]) ?? lift(controls) ?? 0}px`;
}

function lookBelow() {
  if (!looking) requestAnimationFrame(stepAside);
  looking = true;
}

for (const kind of ["scroll", "resize"]) addEventListener(kind, lookBelow, { passive: true });
new ResizeObserver(lookBelow).observe(document.body);
root.querySelector(".chat__close").addEventListener("click", () => toggle(false));
panel.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
quick.addEventListener("click", (event) => event.target.matches("button") && send(event.target.textContent));
const file = root.querySelector("#chat-file");
root.querySelector(".chat__attach").addEventListener("click", () => file.click());
file.addEventListener("change", () => {
  if (file.files[0]) sendPicture(file.files[0]);
  file.value = "";
});
root.querySelector("[data-transcript]")?.addEventListener("click", async ({ target }) => {
  const answer = await post(target.dataset.transcript, "").catch(() => null);
  target.textContent = answer?.ok ? (await answer.json()).message : ((await refusal(answer)) ?? root.dataset.failed);
});
root.querySelector(".chat__form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  input.value = "";
  send(text);
});
for (const [id, text] of JSON.parse(sessionStorage.getItem(stored) ?? "[]")) draft(id, text);
// Somebody who was talking sees the answer's badge on the next page too.
if (sessionStorage.getItem("chat-read") || pending.size) connect();
