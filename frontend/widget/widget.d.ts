/** Types of `<call-board>`. Times are epoch milliseconds by the proxy's clock. */

export type CallBoardView = "summary" | "queue" | "waiting" | "agents" | "figure";
export type CallBoardFigure =
  | "waiting" | "longest-wait" | "talking" | "service-level"
  | "offered" | "handled" | "abandoned" | "flow-out";
export type CallBoardTheme = "system" | "light" | "dark" | "contrast";
export type CallBoardUrgency = "calm" | "risk" | "breach";

export interface CallBoardFigures {
  waiting: number;
  /** Since when the one who has waited longest waits. */
  longest_since: number | null;
  wait_urgency: CallBoardUrgency;
  talking: number;
  /** Whole percent, rounded down; null: no call has been decided yet. */
  service_level: number | null;
  /** Percent. */
  target: number;
  target_within_s: number;
  level_urgency: CallBoardUrgency;
  calls_to_recover: number;
  offered: number;
  handled: number;
  abandoned: number;
  flow_out: number;
}

export interface CallBoardQueue extends CallBoardFigures {
  id: string;
  name: string;
}

export interface CallBoardWaiting {
  /** As far as the link may see it. */
  caller: string | null;
  queue: string;
  queue_id: string;
  since: number;
  urgency: CallBoardUrgency;
  ringing: boolean;
}

export interface CallBoardAgent {
  /** null where the link may not see it. */
  name: string | null;
  /** Else the phone rings. */
  talking: boolean;
  since: number;
  queue: string | null;
}

export interface CallBoardGlance {
  now: number;
  since: number;
  total: CallBoardFigures;
  queues: CallBoardQueue[];
  waiting: CallBoardWaiting[];
  agents: CallBoardAgent[];
  down?: { streams: ("calls" | "queues" | "agents")[]; since: number; refused: boolean };
}

export interface CallBoardStale {
  stale: boolean;
  since: number | null;
  reason: "link" | "upstream" | "token" | null;
}

export interface CallBoardAlert {
  /** Callers waiting and their longest wait, or the service level. */
  what: "wait" | "level";
  urgency: "risk" | "breach";
  queue: CallBoardQueue;
}

export interface CallBoardEventMap {
  /** The first data is shown. */
  "callboard-ready": CustomEvent<CallBoardGlance>;
  /** What is shown has changed. */
  "callboard-update": CustomEvent<CallBoardGlance>;
  /** Data has become old, or is fresh again. */
  "callboard-stale": CustomEvent<CallBoardStale>;
  /** A queue has become worse. */
  "callboard-alert": CustomEvent<CallBoardAlert>;
}

export class CallBoard extends HTMLElement {
  /** The board's address; that of the script where none is given. */
  src: string;
  /** A signed link, made by `callboard link`. */
  link: string;
  view: CallBoardView;
  /** Keys of queues with commas between; empty: all. May be set as a list. */
  get queues(): string;
  set queues(value: string | string[]);
  figure: CallBoardFigure;
  theme: CallBoardTheme;
  lang: string;
  compact: boolean;
  addEventListener<K extends keyof CallBoardEventMap>(
    type: K,
    listener: (this: CallBoard, event: CallBoardEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "call-board": CallBoard;
  }
}
