// <call-board>: the board in other people's pages. https://…/widget.js is all
// that a page loads by itself; figures come from the reducer that proxy and
// board share, as WebAssembly, one instance and one socket for any number of
// elements.

const FILES = "callboard-widget-files".split(",");
const HOME = new URL(".", import.meta.url);
// Silence of this many ms means that the link is dead; messages come every 2 s.
const SILENT_MS = 5000;
// Messages kept until the program has come. Who loses one starts anew.
const EARLY_MOST = 200;
// Data this old is said to be old.
const STALE_MS = 10000;
// The first wait before coming back, and the longest.
const BACKOFF_MS = [500, 30000];
const UNAUTHORIZED = 4401;
const STOPPING = 1012;

const TEXTS = {
  NoLink: "No connection to Callboard. Data is",
  NoUpstream: "No connection to Telavox. Data is",
  Refused: "Telavox refuses the token. Data is",
  Old: "old.",
  Waiting: "Waiting",
  LongestWait: "Longest wait",
  NoOneWaits: "No one is waiting",
  NoQueueYet: "No call has entered a queue yet.",
  NoCalls: "No active calls.",
  Talking: "Talking",
  Ringing: "Ringing",
  ServiceLevel: "Service level",
  Target: "target {p} in {s} s",
  Offered: "Offered",
  Handled: "Handled",
  Abandoned: "Abandoned",
  FlowOut: "Flow-out",
  NotAvailable: "N/A",
  Queue: "Queue",
  Caller: "Caller",
  Agent: "Agent",
  State: "State",
  Time: "Time",
  AgentsOnCalls: "Agents on calls",
  Calm: "Calm",
  AtRisk: "At risk",
  Breach: "Breach",
  // How the language writes whole numbers.
  number: new Intl.NumberFormat("en").format,
};

const STYLE = `
:host { all: initial; display: block; container-type: inline-size;
  --bg: var(--callboard-background, #fff); --surface: var(--callboard-surface, #f3f5f8);
  --text: var(--callboard-text, #0e1c2a); --muted: var(--callboard-muted, #4c5e70);
  --border: var(--callboard-border, #d5dce4); --risk: var(--callboard-risk, #8a5200);
  --breach: var(--callboard-breach, #b3260c);
  --font: var(--callboard-font, "Inter", "Segoe UI", system-ui, sans-serif);
  --radius: var(--callboard-radius, 10px); --pad: 12px; }
:host([hidden]) { display: none; }
:host([compact]) { --pad: 6px; }
@media (prefers-color-scheme: dark) { :host(:not([theme])), :host([theme="system"]) {
  --bg: var(--callboard-background, #0a0e13); --surface: var(--callboard-surface, #121922);
  --text: var(--callboard-text, #eaf0f7); --muted: var(--callboard-muted, #9badc0);
  --border: var(--callboard-border, #263241); --risk: var(--callboard-risk, #ffbe3d);
  --breach: var(--callboard-breach, #ff7a64); } }
:host([theme="dark"]) { --bg: var(--callboard-background, #0a0e13); --surface: var(--callboard-surface, #121922);
  --text: var(--callboard-text, #eaf0f7); --muted: var(--callboard-muted, #9badc0);
  --border: var(--callboard-border, #263241); --risk: var(--callboard-risk, #ffbe3d);
  --breach: var(--callboard-breach, #ff7a64); }
:host([theme="contrast"]) { --bg: #000; --surface: #000; --text: #fff; --muted: #fff; --border: #fff;
  --risk: #ffd24a; --breach: #ff9d8a; }
[hidden] { display: none !important; }
.board { padding: var(--pad); background: var(--bg); color: var(--text); border-radius: var(--radius);
  font: 16px/1.35 var(--font); font-variant-numeric: tabular-nums; }
:host([compact]) .board { font-size: 14px; }
.old { opacity: .55; }
.notice { margin: 0 0 8px; padding: 6px 10px; border: 2px solid var(--breach); border-radius: 6px; font-weight: 600; }
dl, dd, p, table { margin: 0; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(124px, 1fr)); gap: var(--pad); }
.tile { padding: var(--pad); background: var(--surface); border: 1px solid var(--border); border-radius: var(--radius); }
dt, th, .more { color: var(--muted); font-weight: 400; }
.value { font-size: 1.9em; font-weight: 700; line-height: 1.15; white-space: nowrap; }
:host([compact]) .value { font-size: 1.4em; }
.more { font-size: .85em; }
.risk { border-left: 4px solid var(--risk); }
.breach { border-left: 4px solid var(--breach); }
.risk .value, .risk .mark { color: var(--risk); }
.breach .value, .breach .mark { color: var(--breach); }
table { width: 100%; border-collapse: collapse; }
caption { padding-bottom: 4px; text-align: left; font-weight: 600; }
th, td { padding: calc(var(--pad) / 2) 8px; border-bottom: 1px solid var(--border); text-align: left; }
tbody th { color: var(--text); }
.number { text-align: right; }
.scroll { overflow-x: auto; }
.figure { grid-template-columns: fit-content(100%); }
.figure .value { font-size: var(--callboard-figure-size, 3em); }
`;

let sheet;
const style = () => {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  return sheet;
};

const said = new Set();
// Says it once for the page, however many elements ask.
const complain = (text) => {
  if (said.has(text)) return;
  said.add(text);
  console.error(`callboard: ${text}`);
};

let program;
// The one WebAssembly instance of the page.
const load = (times = 0) =>
  // A browser remembers a module that failed, by its address.
  (program ??= import(new URL(times ? `${FILES[0]}?${times}` : FILES[0], HOME).href)
    .then(async (module) => {
      const memory = (await module.default({ module_or_path: new URL(FILES[1], HOME) })).memory;
      return { Client: module.Client, memory };
    })
    .catch((error) => {
      program = undefined;
      complain(
        `the widget cannot be loaded from ${HOME.origin}. The page's policy needs ` +
          `script-src ${HOME.origin} 'wasm-unsafe-eval' and connect-src ${HOME.origin}, the proxy ` +
          `this page's origin (${location.origin}) in \`allowed-origins\`. ${error}`,
      );
      throw error;
    }));

const languages = new Map();
// A language's texts; those of English where it has none.
const texts = (base, lang) => {
  const tag = (lang || "en").toLowerCase().split(/[-_]/)[0].replace(/^(no|nn)$/, "nb");
  const url = new URL(`lang/${tag}.json`, base).href;
  if (tag === "en" || !/^[a-z]{2,3}$/.test(tag)) return Promise.resolve(TEXTS);
  if (!languages.has(url)) {
    const file = fetch(url, { credentials: "omit" }).then((answer) => (answer.ok ? answer.json() : {}));
    const spoken = ({ board }) => (board ? { ...TEXTS, ...board, number: new Intl.NumberFormat(tag).format } : TEXTS);
    languages.set(url, file.then(spoken, () => TEXTS));
  }
  return languages.get(url);
};

// One proxy, seen by one link: a socket and a board for all its elements.
class Source {
  static #all = new Map();

  static of(base, link) {
    const key = `${base.href} ${link}`;
    let source = Source.#all.get(key);
    if (!source) Source.#all.set(key, (source = new Source(key, base, link)));
    return source;
  }

  static get count() {
    return Source.#all.size;
  }

  #key;
  #elements = new Set();
  #socket;
  #client;
  #early = [];
  #failures = 0;
  #ahead = 0;
  #heardAt;
  #frame = 0;
  #again = 0;
  #reload = 0;
  #watch;
  #wake = () => document.hidden || this.#comeBack();
  #stopped = false;

  constructor(key, base, link) {
    this.#key = key;
    this.base = base;
    this.link = link;
    this.refused = false;
    this.ready = false;
    // Both at the same time: messages that come first are kept.
    this.#connect();
    this.#load(0);
    this.#watch = setInterval(() => this.#look(), 1000);
    document.addEventListener("visibilitychange", this.#wake);
    window.addEventListener("online", this.#wake);
  }

  add(element) {
    this.#elements.add(element);
    if (this.ready) this.#draw();
  }

  remove(element) {
    this.#elements.delete(element);
    if (this.#elements.size) return;
    this.#stopped = true;
    Source.#all.delete(this.#key);
    clearInterval(this.#watch);
    clearTimeout(this.#again);
    clearTimeout(this.#reload);
    cancelAnimationFrame(this.#frame);
    document.removeEventListener("visibilitychange", this.#wake);
    window.removeEventListener("online", this.#wake);
    this.#close();
    this.#client?.free();
    this.#client = undefined;
  }

  #load(times) {
    load(times).then(
      ({ Client }) => {
        if (this.#stopped) return;
        this.#client = new Client();
        for (const [text, at] of this.#early.splice(0)) this.#take(text, at);
      },
      () => {
        if (!this.#stopped) this.#reload = setTimeout(() => this.#load(times + 1), BACKOFF_MS[1]);
      },
    );
  }

  // The proxy's time, in ms.
  now() {
    return performance.now() + this.#ahead;
  }

  // Since when nothing was heard, by the proxy's clock; undefined while all is well.
  silentSince() {
    const silent = this.#heardAt !== undefined && performance.now() - this.#heardAt > STALE_MS;
    return silent ? this.#heardAt + this.#ahead : undefined;
  }

  glance(queues, at) {
    return this.#client.glance(queues, at);
  }

  #close() {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #anew() {
    this.#close();
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#connect(), BACKOFF_MS[0]);
  }

  #connect() {
    const url = new URL(`api/live${this.#client?.resume() ?? ""}`, this.base);
    url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
    const protocols = this.link ? ["callboard.v1", `key.${this.link}`] : [];
    let socket;
    try {
      socket = new WebSocket(url, protocols);
    } catch (error) {
      this.refused = true;
      complain(`no socket to ${this.base.href}: ${error.message}`);
      return;
    }
    this.#socket = socket;
    this.#opened = performance.now();
    socket.onmessage = (event) => this.#take(event.data, performance.now());
    socket.onclose = (event) => this.#closed(event);
  }

  #opened = 0;

  #closed({ code, reason }) {
    this.#socket = undefined;
    if (code === UNAUTHORIZED) {
      this.refused = true;
      complain(`${this.base.href} does not take this link. Make one with \`callboard link\` and put it into the attribute \`link\`.`);
      this.#draw();
      return;
    }
    if (!this.ready && this.#failures === 1) {
      complain(`no connection to ${this.base.href}. Either it cannot be reached, or this page's origin (${location.origin}) is not in its \`allowed-origins\`, or the page's policy lacks connect-src for it.`);
    }
    const [first, most] = BACKOFF_MS;
    const limit = Math.min(first * 2 ** (this.#failures + 1), most);
    this.#failures = Math.min(this.#failures + 1, 16);
    const told = code === STOPPING ? Number(reason) : NaN;
    const wait = told >= 0 ? told : first + Math.random() * (limit - first);
    this.#again = setTimeout(() => this.#connect(), wait);
  }

  // The tab is shown again, or the network is back: no reason to wait.
  #comeBack() {
    if (this.#socket || this.refused) return;
    clearTimeout(this.#again);
    this.#connect();
  }

  #take(text, at) {
    if (!this.#client) {
      // A program that does not come shall not cost more and more memory.
      if (this.#early.length === EARLY_MOST) this.#early.length = 0;
      this.#early.push([text, at]);
      return;
    }
    this.#failures = 0;
    const again = this.#client.take(text);
    if (again) {
      this.#early.length = 0;
      this.#anew();
      return;
    }
    this.#heardAt = at;
    this.#ahead = this.#client.heard() - at;
    this.ready = true;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #look() {
    const since = Math.max(this.#heardAt ?? 0, this.#opened);
    if (this.#socket && performance.now() - since > SILENT_MS) {
      this.#anew();
    }
    this.#draw();
  }

  #draw() {
    this.#frame = 0;
    for (const element of this.#elements) element[DRAW]();
  }
}

const DRAW = Symbol("draw");

const make = (tag, { part, className, text, ...attributes } = {}, ...children) => {
  const node = document.createElement(tag);
  if (part) node.setAttribute("part", part);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  node.append(...children);
  return node;
};

const two = (n) => String(n).padStart(2, "0");
const duration = (ms) => {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
};
// Ticks: see `CallBoard#tick`.
const ticking = (since) => make("span", { "data-since": since });
const worst = (a, b) => (a === "breach" || b === "breach" ? "breach" : a === "risk" || b === "risk" ? "risk" : "calm");

const percent = (t, value) => (value === null ? t.NotAvailable : `${value} %`);
const wait = (since) => (since === null ? "–" : ticking(since));
const target = (t, f) => t.Target.replace("{p}", `${f.target} %`).replace("{s}", f.target_within_s);

// Each figure: its label, its value, how bad it is, and what stands below.
const FIGURES = {
  waiting: (t, f) => [t.Waiting, f.waiting, f.wait_urgency],
  "longest-wait": (t, f) => [t.LongestWait, wait(f.longest_since), f.wait_urgency],
  talking: (t, f) => [t.Talking, f.talking, "calm"],
  "service-level": (t, f) => [t.ServiceLevel, percent(t, f.service_level), f.level_urgency, target(t, f)],
  offered: (t, f) => [t.Offered, f.offered, "calm"],
  handled: (t, f) => [t.Handled, f.handled, "calm"],
  abandoned: (t, f) => [t.Abandoned, f.abandoned, "calm"],
  "flow-out": (t, f) => [t.FlowOut, f.flow_out, "calm"],
};
const SUMMARY = ["waiting", "longest-wait", "talking", "service-level", "offered", "handled", "abandoned"];

const tile = (t, figures, name) => {
  const [label, value, urgency, more] = FIGURES[name](t, figures);
  const word = { risk: t.AtRisk, breach: t.Breach }[urgency];
  const shown = make("dd", { className: "value", part: "value" });
  shown.append(typeof value === "number" ? t.number(value) : value);
  const node = make("div", { className: `tile ${urgency}`, part: `tile ${urgency}`, "data-figure": name });
  node.append(make("dt", { part: "label", text: label }), shown);
  if (more) node.append(make("dd", { className: "more", part: "target", text: more }));
  if (word) node.append(make("dd", { className: "more mark", part: "urgency", text: word }));
  return node;
};

const table = (caption, columns, rows) => {
  const head = columns.map(([text, className]) => make("th", { scope: "col", text, className }));
  const body = rows.map(({ urgency = "calm", id, cells: [first, ...rest] }) => {
    const row = make("tr", { part: `row ${urgency}` });
    if (id !== undefined) row.dataset.queue = id;
    row.append(make("th", { scope: "row", className: urgency }, first));
    rest.forEach((cell, index) => row.append(make("td", { className: columns[index + 1][1] }, cell)));
    return row;
  });
  const node = make("table", { part: "table" });
  node.append(make("caption", { part: "caption", text: caption }));
  node.append(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
  // What scrolls must be reachable by keyboard.
  return make("div", { className: "scroll", tabindex: "0", role: "group", "aria-label": caption }, node);
};

const empty = (text) => make("p", { className: "more", part: "empty", text });

const VIEWS = {
  summary: (t, glance) => make("dl", { part: "summary" }, ...SUMMARY.map((name) => tile(t, glance.total, name))),
  figure: (t, glance, element) => {
    const name = Object.hasOwn(FIGURES, element.figure) ? element.figure : "waiting";
    return make("dl", { part: "figure", className: "figure" }, tile(t, glance.total, name));
  },
  queue: (t, glance) => {
    if (!glance.queues.length) return empty(t.NoQueueYet);
    const columns = [[t.Queue], ...[t.Waiting, t.LongestWait, t.Talking, t.ServiceLevel].map((text) => [text, "number"])];
    const rows = glance.queues.map((q) => ({
      id: q.id,
      urgency: worst(q.wait_urgency, q.level_urgency),
      cells: [q.name, t.number(q.waiting), wait(q.longest_since), t.number(q.talking), percent(t, q.service_level)],
    }));
    return table(t.Queue, columns, rows);
  },
  waiting: (t, glance) => {
    if (!glance.waiting.length) return empty(t.NoOneWaits);
    const rows = glance.waiting.map((w) => ({ urgency: w.urgency, cells: [w.caller ?? "–", w.queue, wait(w.since)] }));
    return table(t.Waiting, [[t.Caller], [t.Queue], [t.Time, "number"]], rows);
  },
  agents: (t, glance) => {
    if (!glance.agents.length) return empty(t.NoCalls);
    const rows = glance.agents.map((a) => ({
      cells: [a.name ?? t.Agent, a.talking ? t.Talking : t.Ringing, a.queue ?? "–", wait(a.since)],
    }));
    return table(t.AgentsOnCalls, [[t.Agent], [t.State], [t.Queue], [t.Time, "number"]], rows);
  },
};

const ATTRIBUTES = ["src", "link", "view", "queues", "figure", "theme", "lang", "compact"];

class CallBoard extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  #source;
  #texts = TEXTS;
  #drawn;
  #stale = false;
  #ready = false;
  #urgency = new Map();
  #settling = false;
  #slot = make("slot");
  #notice = make("p", { className: "notice", part: "notice", role: "status", hidden: "" });
  #place = make("div", { part: "content" });
  #board = make("div", { className: "board", part: "board", hidden: "" });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    // Constructed, so that no policy of the page forbids it.
    root.adoptedStyleSheets = [style()];
    this.#board.append(this.#notice, this.#place);
    root.append(this.#slot, this.#board);
  }

  connectedCallback() {
    // What was set before the element was known to the page.
    for (const name of ATTRIBUTES) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#settle();
  }

  disconnectedCallback() {
    this.#settle();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "src" || name === "link" || name === "lang") this.#settle();
    this.#drawn = undefined;
    this[DRAW]();
  }

  // Comes by its source when all changes of this moment are done: an element
  // that is moved keeps it.
  #settle() {
    if (this.#settling) return;
    this.#settling = true;
    queueMicrotask(() => {
      this.#settling = false;
      const source = this.isConnected ? this.#wanted() : undefined;
      if (source !== this.#source) {
        const before = this.#source;
        this.#source = source;
        this.#drawn = undefined;
        this.#ready = this.#stale = false;
        this.#urgency.clear();
        this.#show(false);
        // The new one first: the two may be the same proxy.
        source?.add(this);
        before?.remove(this);
      }
      if (source) this.#speak(source.base);
    });
  }

  #wanted() {
    try {
      const src = this.src;
      return Source.of(new URL(src.endsWith("/") ? src : `${src}/`, document.baseURI), this.link);
    } catch {
      complain(`\`src\` must be the address of a board, such as ${HOME.href}`);
      return undefined;
    }
  }

  async #speak(base) {
    const wanted = await texts(base, this.lang || document.documentElement.lang);
    if (wanted === this.#texts) return;
    this.#texts = wanted;
    this.#drawn = undefined;
    this[DRAW]();
  }

  #show(data) {
    this.#board.hidden = !data;
    this.#slot.hidden = data;
    if (!data) this.#place.replaceChildren();
  }

  [DRAW]() {
    const source = this.#source;
    if (!source?.ready || source.refused) {
      if (source?.refused) this.#show(false);
      return;
    }
    const silent = source.silentSince();
    // What stands still is judged by the moment it stopped.
    const at = silent ?? source.now();
    const text = source.glance(this.queues, at);
    const content = text.slice(text.indexOf(","));
    const changed = content !== this.#drawn;
    const glance = changed ? JSON.parse(text) : undefined;
    if (changed) {
      this.#drawn = content;
      this.#glance = glance;
      const view = Object.hasOwn(VIEWS, this.view) ? VIEWS[this.view] : VIEWS.summary;
      this.#place.replaceChildren(view(this.#texts, glance, this));
      this.#show(true);
    }
    this.#tick(at);
    this.#age(silent, source.now());
    if (changed) this.#tell(glance);
  }

  #glance;

  #tick(at) {
    for (const node of this.#place.querySelectorAll("[data-since]")) {
      node.textContent = duration(at - Number(node.dataset.since));
    }
  }

  // Says how old the data is, when it is.
  #age(silent, now) {
    const { down } = this.#glance;
    const t = this.#texts;
    const all = down?.streams.length === 3;
    const since = silent ?? (all && now - down.since >= STALE_MS ? down.since : undefined);
    const stale = since !== undefined;
    this.#place.classList.toggle("old", stale);
    this.#notice.hidden = !stale;
    const reason = silent !== undefined ? "link" : down?.refused ? "token" : "upstream";
    if (stale) {
      const text = { link: t.NoLink, token: t.Refused, upstream: t.NoUpstream }[reason];
      this.#notice.textContent = `${text} ${duration(now - since)} ${t.Old}`;
    }
    if (stale !== this.#stale) {
      this.#stale = stale;
      this.#send("callboard-stale", { stale, since: stale ? since : null, reason: stale ? reason : null });
    }
  }

  #tell(glance) {
    if (!this.#ready) {
      this.#ready = true;
      this.#send("callboard-ready", glance);
    }
    this.#send("callboard-update", glance);
    const rank = { calm: 0, risk: 1, breach: 2 };
    for (const queue of glance.queues) {
      for (const what of ["wait", "level"]) {
        const [key, urgency] = [`${what} ${queue.id}`, queue[`${what}_urgency`]];
        const before = this.#urgency.get(key) ?? "calm";
        this.#urgency.set(key, urgency);
        if (rank[urgency] > rank[before]) this.#send("callboard-alert", { what, urgency, queue });
      }
    }
  }

  #send(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  // The board's address; that of this script where none is given.
  get src() {
    return this.getAttribute("src") || HOME.href;
  }

  set src(value) {
    this.setAttribute("src", value);
  }

  get queues() {
    return this.getAttribute("queues") ?? "";
  }

  // A text with commas between, or a list.
  set queues(value) {
    this.setAttribute("queues", Array.isArray(value) ? value.join(",") : value);
  }

  get compact() {
    return this.hasAttribute("compact");
  }

  set compact(value) {
    this.toggleAttribute("compact", Boolean(value));
  }
}

for (const [name, usual] of [["link", ""], ["view", "summary"], ["figure", "waiting"], ["theme", "system"], ["lang", ""]]) {
  Object.defineProperty(CallBoard.prototype, name, {
    get() {
      return this.getAttribute(name) ?? usual;
    },
    set(value) {
      this.setAttribute(name, value);
    },
    configurable: true,
    enumerable: true,
  });
}

// For measurements: sockets of the page, and bytes of its WebAssembly.
CallBoard.usage = async () => ({
  sources: Source.count,
  memory: program ? (await program).memory.buffer.byteLength : 0,
});

if (!customElements.get("call-board")) customElements.define("call-board", CallBoard);

export { CallBoard };
