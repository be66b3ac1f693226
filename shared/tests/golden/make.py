#!/usr/bin/env python3
"""Writes the golden day: a constructed day of calls, and its figures.

The figures are computed here from what was constructed, never from the
documents, and by nothing that the crate shares. Run it in this folder; the
same script gives the same files.

The day is 2026-10-25 in Stockholm, 25 hours long. `frames.ndjson` holds one
frame a line with its stream, `expected.json` the figures.
"""

import json
import random

START = 1_792_879_200_000  # 2026-10-25T00:00:00+02:00
END = START + 25 * 3_600_000
T, S = 20_000, 5_000
QUEUES = {71: ("Support", "rrmemory"), 72: ("Sales", "ringall"), 73: ("Billing", "leastrecent")}
AGENTS = {i: f"Agent {i}" for i in range(1, 10)}

rng = random.Random(20261025)
frames, customer, passages, offers = [], [], [], []
count = 0


def queue(q, at, left=None):
    name, strategy = QUEUES[q]
    ref = {"id": q, "name": name, "phone": f"00461010{q}", "strategy": strategy, "timestart": at}
    if left:
        ref["fail_reason"] = left
    return ref


class Call:
    """One call; `say` sends a document of what was told so far."""

    def __init__(self, at, direction="incoming", internal=0, number="0046701234567"):
        global count
        count += 1
        self.id, self.at = f"c{count:04}", at
        self.doc = {
            "id_call": self.id, "active": 1, "answered": 0, "call_direction": direction,
            "internal": internal, "time": {"start": at, "end": None},
            "customer_target": {"number": number},
        }
        self.entry = None  # first queue and instant
        self.legs = {}
        self.talk = [0, 0, 0]
        self.send("calls", at, self.doc)

    def send(self, stream, at, doc):
        frames.append((at, len(frames), stream, json.loads(json.dumps(doc))))

    def enter(self, q, at):
        if self.entry is None:
            self.entry = (q, at)
            self.doc["queue_first"] = queue(q, at)
        self.doc["queue_last"] = queue(q, at)
        self.doc.setdefault("queue_list", []).append(QUEUES[q][0])
        self.send("calls", at, self.doc)
        leg = {"id_call": self.id, "active": 1, "answered": 0, "direction": "incoming",
               "time": {"start": self.at}, "queue": queue(q, at)}
        self.legs[q] = leg
        self.send("queues", at, leg)

    def leave(self, q, at, reason):
        if self.doc["queue_first"]["id"] == q:
            self.doc["queue_first"]["fail_reason"] = reason
        self.doc["queue_last"]["fail_reason"] = reason
        self.legs[q]["queue"]["fail_reason"] = reason
        self.send("queues", at, self.legs[q])

    def ring(self, a, q, at):
        """An offer; ends by `drop` or by `hang_up`."""
        doc = {"id_call": self.id, "active": 1, "call_direction": self.doc["call_direction"],
               "time": {"start": at}, "agent": {"id": str(a), "name": AGENTS[a]}}
        if q:
            doc["queue"] = {k: v for k, v in self.doc["queue_last"].items() if k != "fail_reason"}
        self.send("agents", at, doc)
        return doc

    def drop(self, leg, at, missed):
        start = leg["time"]["start"]
        leg.update(active=0, duration={"ring": (at - start) / 1000, "talk": 0})
        leg["time"]["end"] = at
        self.send("agents", at, leg)
        offers.append((int(leg["agent"]["id"]), False, missed, False, at - start, 0, 0))

    def answer(self, leg, at):
        leg["time"]["answered"] = at
        leg["answered"] = self.doc["answered"] = 1
        a = int(leg["agent"]["id"])
        self.doc["agent_last"] = {"id": a, "name": AGENTS[a], "answered": at}
        self.doc.setdefault("agent_first", dict(self.doc["agent_last"]))
        self.send("agents", at, leg)
        self.send("calls", at, self.doc)

    def hang_up(self, leg, at, hold=0, agent_first=False):
        begun, answered = leg["time"]["start"], leg["time"]["answered"]
        talk = at - answered - hold
        leg.update(active=0, agent_end_reason="agent_hangup" if agent_first else "customer_hangup",
                   duration={"ring": (answered - begun) / 1000, "talk": talk / 1000, "hold": hold / 1000})
        leg["time"]["end"] = at
        self.send("agents", at, leg)
        offers.append((int(leg["agent"]["id"]), True, False, agent_first, answered - begun, talk, hold))
        return [1, talk, hold]

    def end(self, at, reason):
        self.doc.update(active=0, terminated_call_reason=reason)
        self.doc["time"]["end"] = at
        self.send("calls", at, self.doc)
        for leg in self.legs.values():
            leg["active"] = 0
            leg["time"]["end"] = at
            self.send("queues", at, leg)


def book(call, stand, wait=0, talks=(0, 0, 0), callbacks=(0, 0, 0), transferred=False):
    customer.append((*call.entry, stand, wait, talks, callbacks, transferred))


def pass_(q, at, stand, wait=0, talks=(0, 0, 0), callbacks=(0, 0, 0), transferred=False):
    passages.append((q, at, stand, wait, talks, callbacks, transferred))


def both(call, q, at, stand, **kw):
    book(call, stand, **kw)
    pass_(q, at, stand, **kw)


# Each scenario plays one call that starts at `at`.


def handled(at, q=71, wait=None, hold=0, misses=0, agent_first=False):
    wait = rng.choice([2_000, 8_500, 19_999, 20_000, 20_001, 47_300]) if wait is None else wait
    call = Call(at)
    entry = at + 3_000
    call.enter(q, entry)
    ringing = entry
    for _ in range(misses):
        leg = call.ring(9, q, ringing)
        ringing += 15_000
        call.drop(leg, ringing, True)
        wait = max(wait, ringing - entry + 1_500)
    leg = call.ring(1 + call.at // 1000 % 3, q, ringing + 500)
    call.answer(leg, entry + wait)
    talks = call.hang_up(leg, entry + wait + 60_000 + hold, hold, agent_first)
    call.end(entry + wait + 60_000 + hold, "hangup")
    both(call, q, entry, "handled", wait=wait, talks=talks)


def ring_all(at):
    call = Call(at)
    entry = at + 1_000
    call.enter(72, entry)
    legs = [call.ring(a, 72, entry + 1_000) for a in (4, 5, 6)]
    call.answer(legs[1], entry + 9_000)
    call.drop(legs[0], entry + 9_000, False)
    call.drop(legs[2], entry + 9_000, False)
    talks = call.hang_up(legs[1], entry + 99_000)
    call.end(entry + 99_000, "hangup")
    both(call, 72, entry, "handled", wait=9_000, talks=talks)


def abandoned(at, wait=None, reason="queue_leave_abandon", ringing=False):
    wait = rng.choice([4_999, 5_000, 5_001, 20_000, 63_250]) if wait is None else wait
    call = Call(at)
    entry = at + 2_000
    call.enter(73, entry)
    if ringing:
        leg = call.ring(7, 73, entry + wait - 4_000)
        call.drop(leg, entry + wait, False)
    if reason != "hangup":
        call.leave(73, entry + wait, reason)
    call.end(entry + wait, reason)
    both(call, 73, entry, "abandoned", wait=wait)


def timeout_then(at, answered):
    call = Call(at)
    entry, second = at + 2_000, at + 62_000
    call.enter(71, entry)
    call.leave(71, second, "queue_leave_timeout")
    call.enter(72, second)
    pass_(71, entry, "timeout")
    if answered:
        leg = call.ring(4, 72, second + 1_000)
        call.answer(leg, second + 7_000)
        talks = call.hang_up(leg, second + 40_000, agent_first=True)
        call.end(second + 40_000, "hangup")
        book(call, "handled", wait=67_000, talks=talks)
        pass_(72, second, "handled", wait=7_000, talks=talks)
    else:
        call.leave(72, second + 30_000, "queue_leave_abandon")
        call.end(second + 30_000, "queue_leave_abandon")
        book(call, "abandoned", wait=90_000)
        pass_(72, second, "abandoned", wait=30_000)


def flow_out(at, kind):
    call = Call(at)
    entry = at + 1_000
    call.enter(71, entry)
    call.leave(71, entry + 500, f"queue_leave_{kind}")
    call.end(entry + 500, f"queue_leave_{kind}")
    both(call, 71, entry, kind)


def picked(at):
    call = Call(at)
    entry = at + 1_000
    call.enter(73, entry)
    leg = call.ring(8, 73, entry + 2_000)
    call.answer(leg, entry + 4_000)
    call.leave(73, entry + 4_000, "queue_pick")
    talks = call.hang_up(leg, entry + 34_000)
    call.end(entry + 34_000, "hangup")
    both(call, 73, entry, "handled", wait=4_000, talks=talks)


def callback(at, outcome):
    call = Call(at)
    entry = at + 1_000
    counts = {"no_wait_request": 0, "answer_wait_request": 1, "customer_no_answer": 0}
    call.doc["on_hooked_calls"] = counts
    call.enter(71, entry)
    if outcome == "reached":
        leg = call.ring(2, 71, entry + 300_000)
        call.answer(leg, entry + 305_000)
        talks = call.hang_up(leg, entry + 365_000)
        call.end(entry + 365_000, "hangup")
        both(call, 71, entry, "callback", talks=talks, callbacks=(0, 1, 0))
    else:
        counts["customer_no_answer"] = 1 if outcome == "queue_ohw_no_answer" else 0
        call.end(entry + 320_000, outcome)
        both(call, 71, entry, "callback", callbacks=(0, 1, 1))


def declined(at):
    call = Call(at)
    entry = at + 1_000
    call.doc["on_hooked_calls"] = {"no_wait_request": 1, "answer_wait_request": 0, "customer_no_answer": 0}
    call.enter(71, entry)
    leg = call.ring(3, 71, entry + 10_000)
    call.answer(leg, entry + 12_000)
    talks = call.hang_up(leg, entry + 72_000)
    call.end(entry + 72_000, "hangup")
    both(call, 71, entry, "handled", wait=12_000, talks=talks, callbacks=(1, 0, 0))


def ends_as(at, stand, reason, **fields):
    call = Call(at)
    entry = at + 1_000
    call.enter(73, entry)
    call.doc.update(fields)
    call.end(entry + 25_000, reason)
    both(call, 73, entry, stand)


def receptionist_then_lost(at):
    call = Call(at)
    leg = call.ring(1, None, at + 1_000)
    call.answer(leg, at + 4_000)
    call.hang_up(leg, at + 24_000)
    entry = at + 25_000
    call.doc.update(trasnfers=1, transfer_first={"type": "blind", "answered": 0})
    call.enter(72, entry)
    call.leave(72, entry + 33_000, "queue_leave_abandon")
    call.end(entry + 33_000, "queue_leave_abandon")
    both(call, 72, entry, "abandoned", wait=33_000)


def handled_then_transferred(at):
    call = Call(at)
    entry = at + 1_000
    call.enter(71, entry)
    leg = call.ring(1, 71, entry + 1_000)
    call.answer(leg, entry + 6_000)
    first = call.hang_up(leg, entry + 46_000, agent_first=True)
    second = entry + 47_000
    call.doc["trasnfers"] = 1
    call.legs[71]["transfer"] = 1
    call.send("queues", second, call.legs[71])
    call.enter(72, second)
    leg = call.ring(4, 72, second + 1_000)
    call.answer(leg, second + 11_000)
    last = call.hang_up(leg, second + 61_000)
    call.end(second + 61_000, "hangup")
    book(call, "handled", wait=6_000, talks=[a + b for a, b in zip(first, last)], transferred=True)
    pass_(71, entry, "handled", wait=6_000, talks=first, transferred=True)
    pass_(72, second, "handled", wait=11_000, talks=last)


def not_counted(at, kind):
    if kind == "outgoing":
        call = Call(at, "outgoing")
        doc = call.ring(3, None, at + 500)
        doc["time"].update(answered=at + 9_000, end=at + 60_000)
        doc.update(active=0, duration={"ring": 8.5, "talk": 51})
        call.send("agents", at + 60_000, doc)
        return call.end(at + 60_000, "hangup")
    if kind == "internal":
        call = Call(at, internal=1)
        call.enter(71, at + 1_000)
        return call.end(at + 9_000, "queue_leave_abandon")
    call = Call(at, number="anonymous")
    call.doc["ivr_first"] = call.doc["ivr_last"] = {"id": 1, "name": "Menu", "timestamp": at + 500}
    call.end(at + 15_000, kind)


def waiting(at):
    call = Call(at)
    call.enter(71, at + 1_000)
    both(call, 71, at + 1_000, "open")


SCENARIOS = [
    (60, handled), (10, lambda at: handled(at, hold=12_000)), (8, lambda at: handled(at, misses=1)),
    (6, lambda at: handled(at, misses=2, agent_first=True)), (24, ring_all), (26, abandoned),
    (6, lambda at: abandoned(at, reason="hangup")), (8, lambda at: abandoned(at, 30_000, ringing=True)),
    (8, lambda at: timeout_then(at, True)), (6, lambda at: timeout_then(at, False)),
    (4, lambda at: flow_out(at, "full")), (4, lambda at: flow_out(at, "empty")),
    (4, lambda at: flow_out(at, "digit")), (3, lambda at: flow_out(at, "timeout")), (4, picked),
    (4, lambda at: callback(at, "reached")), (3, lambda at: callback(at, "queue_ohw_no_answer")),
    (2, lambda at: callback(at, "queue_ohw_no_confirmation")), (4, declined),
    (3, lambda at: ends_as(at, "voicemail", "hangup", voicemail=1)),
    (3, lambda at: ends_as(at, "redirected", "redirect_user_busy")),
    (2, lambda at: ends_as(at, "redirected", "blind_transferred")),
    (2, lambda at: ends_as(at, "other", "toggle")), (2, lambda at: ends_as(at, "other", "made_up")),
    (6, receptionist_then_lost), (6, handled_then_transferred),
    (8, lambda at: not_counted(at, "outgoing")), (4, lambda at: not_counted(at, "internal")),
    (3, lambda at: not_counted(at, "ivr_timeout")), (3, lambda at: not_counted(at, "ivr_closed")),
    (3, lambda at: not_counted(at, "hangup")),
]

# Every further reason ends a call in a queue once.
SENT_ON = ["redirect", "redirect_no_answer", "redirect_not_reachable", "bridged", "at_complete", "at_cancel"]
NEITHER = ["no_answer", "busy", "failed", "answered_elsewhere", "answered_by_other_terminal", "ivr_timeout", "ivr_closed"]
for stand, reasons in (("redirected", SENT_ON), ("other", NEITHER)):
    for reason in reasons:
        SCENARIOS.append((1, lambda at, stand=stand, reason=reason: ends_as(at, stand, reason)))


def play():
    plays = [scenario for times, scenario in SCENARIOS for _ in range(times)]
    rng.shuffle(plays)
    # Over the whole long day, the doubled hour (02:00 to 03:00) included.
    for i, scenario in enumerate(plays):
        scenario(START + 60_000 + i * (END - START - 1_200_000) // len(plays) // 1000 * 1000)
    # One enters the queue on the last second of the day and is answered on the next.
    handled(END - 4_000, wait=8_500)
    for ago in (90_000, 30_000, 10_000):
        waiting(END + 60_000 - ago - 1_000)


def rank(waits, percent):
    seconds = sorted(w // 1000 for w in waits)
    return seconds[-(-len(seconds) * percent // 100) - 1] if seconds else None


def mean(waits):
    return (2 * sum(waits) + len(waits)) // (2 * len(waits)) / 1000 if waits else None


def share(part, whole):
    return (20_000 * part + whole) // (2 * whole) / 10_000 if whole else None


def figures(entries):
    H = [w for _, _, s, w, *_ in entries if s == "handled"]
    B = [w for _, _, s, w, *_ in entries if s == "abandoned"]
    of = lambda stand: sum(1 for e in entries if e[2] == stand)
    HT, BT, BS = (sum(w <= limit for w in waits) for waits, limit in ((H, T), (B, T), (B, S)))
    F = {kind: of(kind) for kind in ("timeout", "full", "empty", "digit")}
    talks = [sum(e[4][i] for e in entries) for i in range(3)]
    per = lambda total: total // talks[0] / 1000 if talks[0] else None
    h, b = len(H), len(B)
    return {
        "offered": len(entries), "handled": h, "handled_within": HT, "abandoned": b,
        "abandoned_short": BS, "abandoned_within": BT, "flow_out": F, "voicemail": of("voicemail"),
        "redirected": of("redirected"), "other": of("other"),
        "callback": dict(zip(("declined", "accepted", "failed"), (sum(e[5][i] for e in entries) for i in range(3)))),
        "transferred": sum(e[6] for e in entries),
        "answer_s": {"mean": mean(H), "median": rank(H, 50), "p90": rank(H, 90), "max": max(H) // 1000 if H else None},
        "abandon_s": {"mean": mean(B), "p90": rank(B, 90)},
        "talk_s": per(talks[1]), "hold_s": per(talks[2]), "handle_s": per(talks[1] + talks[2]),
        "abandon_rate": share(b - BS, len(entries) - BS),
        "service_level": {
            "strict": share(HT, h + b), "ignore_abandoned_within": share(HT, h + b - BT),
            "credit_abandoned_within": share(HT + BT, h + b), "answered_only": share(HT, h),
            "short_excluded": share(HT, h + b - BS), "with_flow_outs": share(HT, h + b - BS + sum(F.values())),
        },
    }


def agents():
    result = {}
    for a in AGENTS:
        mine = [o for o in offers if o[0] == a]
        yes = [o for o in mine if o[1]]
        per = lambda i, of: sum(o[i] for o in of) // len(of) / 1000 if of else None
        result[str(a)] = {
            "offered": len(mine), "answered": len(yes), "missed": sum(o[2] for o in mine),
            "hung_up_first": sum(o[3] for o in mine), "ring_s": per(4, mine), "talk_s": per(5, yes), "hold_s": per(6, yes),
        }
    return result


play()
frames.sort(key=lambda frame: frame[:2])
with open("frames.ndjson", "w") as out:
    for at, _, stream, doc in frames:
        out.write(json.dumps({"at": at, "stream": stream, "doc": doc}, separators=(",", ":")) + "\n")
hours = [0] * 26
for entry in customer:
    hours[(entry[1] - START) // 3_600_000] += 1
expected = {
    "calls": count, "start": START, "end": END, "offered_by_hour": hours, "total": figures(customer),
    "queues": {str(q): figures([p for p in passages if p[0] == q]) for q in QUEUES}, "agents": agents(),
}
with open("expected.json", "w") as out:
    json.dump(expected, out, indent=1)
    out.write("\n")
