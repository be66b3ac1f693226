// The live calls as one would write them by hand: the same columns from the
// same socket, one drawing per frame, only the rows in view, rows used anew.
"use strict";
const ROW = 40, SPARE = 6;
const STATES = ["waiting", "ringing", "talking"];
const scroll = document.getElementById("scroll"), box = document.getElementById("rows");
scroll.style.height = `${new URLSearchParams(location.search).get("height") || 400}px`;

const calls = new Map(); // id → what is shown
let sorted = [], isSorted = false, asked = false, offset = 0;

const queueOf = (doc) => doc.queue_last || doc.queue_first;

/** What a row shows of a call. */
function row(id, doc) {
  const queue = queueOf(doc), agent = doc.agent_last || doc.agent_first;
  const talks = doc.answered === true;
  const since = talks ? (agent && agent.answered) || doc.time.answered : (queue && queue.timestart) || doc.time.start;
  const number = (doc.customer_target && doc.customer_target.number) || "";
  return {
    id, state: talks ? 2 : 0, since,
    caller: number.replace(/^0046(\d\d)(\d{3})(\d\d)(\d\d)$/, "0$1-$2 $3 $4"),
    queue: queue ? queue.name : "", agent: talks && agent ? agent.name : "",
  };
}

function put(id, doc) {
  if (doc.active === false) {
    if (calls.delete(id)) isSorted = false;
    return;
  }
  const next = row(id, doc), known = calls.get(id);
  if (!known) {
    calls.set(id, next);
    isSorted = false;
    return;
  }
  if (known.state !== next.state || known.since !== next.since) isSorted = false;
  Object.assign(known, next);
}

function take(message) {
  if (message.now) offset = message.now - performance.now();
  if (message.type === "snapshot") {
    calls.clear();
    for (const [id, call] of Object.entries(message.board.calls)) if (call.call) put(id, call.call);
  } else if (message.type === "documents") {
    for (const { stream, doc } of message.documents) if (stream === "calls") put(doc.id_call, doc);
    for (const id of message.expired || []) if (calls.delete(id)) isSorted = false;
  }
  ask();
}

function ask() {
  if (!asked) {
    asked = true;
    requestAnimationFrame(draw);
  }
}

const pool = [];
function slot(index) {
  if (pool[index]) return pool[index];
  const element = document.createElement("div"), cells = {};
  element.className = "call";
  for (const name of ["state", "time", "caller", "queue", "agent"]) {
    const cell = document.createElement("span");
    cell.className = `call__${name}`;
    cell.append("");
    element.append(cell);
    cells[name] = { node: cell.firstChild, text: "" };
  }
  box.append(element);
  return (pool[index] = { element, cells, id: null, at: -1, state: -1, since: 0 });
}

function write(cell, text) {
  if (cell.text !== text) cell.node.data = cell.text = text;
}

function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), pad = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${pad(s % 60)}` : `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
}

const now = () => offset + performance.now();
let height = -1;

function draw() {
  asked = false;
  if (!isSorted) {
    sorted = [...calls.values()].sort((a, b) => a.state - b.state || a.since - b.since || (a.id < b.id ? -1 : 1));
    isSorted = true;
  }
  if (height !== sorted.length) {
    height = sorted.length;
    box.style.height = `${height * ROW}px`;
  }
  const count = Math.ceil(scroll.clientHeight / ROW) + 2 * SPARE + 1;
  const first = Math.max(0, Math.min(Math.floor(scroll.scrollTop / ROW) - SPARE, sorted.length - count));
  const at = now();
  for (let i = 0; i < count; i++) {
    const shown = slot(i), call = sorted[first + i];
    shown.element.hidden = !call;
    if (!call) continue;
    if (shown.at !== first + i) shown.element.style.transform = `translateY(${(shown.at = first + i) * ROW}px)`;
    if (shown.id !== call.id) shown.element.dataset.call = shown.id = call.id;
    if (shown.state !== call.state) {
      shown.state = call.state;
      shown.element.className = `call call--${STATES[call.state]}`;
    }
    shown.since = call.since;
    write(shown.cells.state, STATES[call.state]);
    write(shown.cells.time, clock(at - call.since));
    write(shown.cells.caller, call.caller);
    write(shown.cells.queue, call.queue);
    write(shown.cells.agent, call.agent);
  }
}

setInterval(() => {
  const at = now();
  for (const shown of pool) if (!shown.element.hidden) write(shown.cells.time, clock(at - shown.since));
}, 1000);
scroll.addEventListener("scroll", ask, { passive: true });

const socket = new WebSocket(`ws://${location.host}/api/live`);
socket.onmessage = (event) => take(JSON.parse(event.data));
