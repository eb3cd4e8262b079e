"""The field's regressions: many addresses, groups that change beside groups that must not notice."""
import collections
import os
import re
import socket
import struct
import time

from faults import INTERVAL_MS, Three
from foreign import NEWADDR
from measure import milliseconds
from routers import Fairlead, VirtualRouter
from world import BUILD, LONG


def many_addresses(story):
    """#1653: 80 VIPs at once cost keepalived 3 to 4 s of silence. Adverts go before programming."""
    vips = tuple(f"192.0.2.{n}" for n in range(100, 180))
    three = Three(story, Fairlead, vips=vips)
    if not three.settle():
        return
    begun = time.monotonic_ns()
    three.programs["a"].kill()
    time.sleep(6)
    taken = three.taken_over(begun, "80 VIPs")
    if not taken:
        return
    times = [story.ownership.first(v, "b", True, begun) for v in vips]
    story.check("all 80 are held within 100 ms of the first", all(times) and max(times) - min(times) < 100_000_000,
                milliseconds(max(times) - min(times)) if all(times) else times.count(None))
    said = [e["t"] for e in three.own().adverts("b", "x", since=begun)]
    gaps = [milliseconds(q - p) for p, q in zip(said, said[1:])]
    story.check("no gap in b's adverts", gaps and max(gaps) < 1.25 * INTERVAL_MS, gaps)


def handed_over(story):
    """I-3: 200 VIPs take the kernel milliseconds to remove: all are gone when priority 0 leaves, not only asked to go."""
    vips = tuple(f"192.0.2.{n}" for n in range(20, 220))
    three = Three(story, Fairlead, vips=vips)
    three.vip = vips[-1]
    if not three.settle(15):
        return
    begun = time.monotonic_ns()
    code = three.programs["a"].stop()
    three.alone("b", "b takes over", 4)
    time.sleep(0.5)
    story.check("exit 0", code == 0, code)
    frames = [e for e in three.own().adverts("a", "x", since=begun) if e["priority"] == 0]
    zero = [e["t"] for e in frames]
    gone = [story.ownership.first(v, "a", False, begun) for v in vips]
    taken = [story.ownership.first(v, "b", True, begun) for v in vips]
    story.check("one advert of priority 0", len(zero) == 1, len(zero))
    if zero and all(gone) and all(taken):
        story.check("the last address is gone before it leaves", three.own().gone_before(frames[0], vips, "a", begun),
                    milliseconds(max(gone) - zero[0]))
        late = milliseconds(max(taken) - zero[0])
        story.check("all taken over within skew + 50 ms of it (P-3; gate + 100)", late <= 414 + 100, late)
        both = max(story.ownership.overlap(v, begun, time.monotonic_ns()) for v in vips[::20])
        story.check("never two holders", both == 0, both)
    else:
        story.check("every address has moved", False, (len(zero), gone.count(None), taken.count(None)))


CHANGES = 600 if LONG else 12  # one a second
REFRESH_SECONDS = 60  # of announcements, the default
CALLS = re.compile(r"^(\w+) ([0-9a-f]*)$", re.M)


def calls_about(text, vip):
    """What the program's calls of note_calls were for that IPv4 address or named it: {"advert": 12, "renewal": 12}. An
    announcement is two: an ARP request and an answer."""
    named = socket.inet_aton(vip).hex()
    out = collections.Counter()
    for call, sent in CALLS.findall(text):
        if not sent:
            out["socket made or set"] += 1
        elif named in sent:
            kind = struct.unpack("=H", bytes.fromhex(sent[8:12]))[0]
            announces = sent.startswith("f" * 12)
            out["advert" if sent.startswith("31") and call == "sendmsg" else "announcement" if announces
                else "renewal" if kind == NEWADDR else sent] += 1
    return out


def change_beside(story):
    """#349, #1425: a group that changes every second (ten minutes of it with --long) leaves another without one packet or system
    call more: each that names its address is a renewal or the advert after it, and no socket is made or set. What the busy group
    needs is seen by the same eyes."""
    story.place("a", "x")
    a = Fairlead(story.world, story.segment.of["a"], "a")
    noted = f"{a.folder}/calls"
    a.before = ["env", f"LD_PRELOAD={BUILD}/support/libnote_calls.so", "FAIRLEAD_CALLS=" + noted]
    a.fence = False  # another thread writes it, and whole, whichever group changes
    quiet = VirtualRouter("quiet", vrid=51, vips=("192.0.2.100",), priority=200, others=(150,), checksum="RFC9568")
    busy = quiet.but(name="busy", vrid=52, vips=("192.0.2.110",))
    a.start([quiet, busy])
    story.eventually("both are Master", lambda: a.state("quiet") == a.state("busy") == "Master", 8)
    time.sleep(6.5)
    before, begun = os.path.getsize(noted), time.monotonic_ns()
    for n in range(CHANGES):
        a.reload([quiet, busy.but(vips=("192.0.2.110", f"192.0.2.{120 + n % 100}"))])
        time.sleep(1)
    with open(noted) as file:
        file.seek(before)
        calls = file.read()
    ended = time.monotonic_ns()
    said = [e["t"] for e in story.ownership.adverts("a", "x", vrid=51, since=begun, until=ended)]
    gaps = [milliseconds(q - p) for p, q in zip(said, said[1:])]
    story.check("the quiet group keeps its beat", gaps and all(abs(g - INTERVAL_MS) < 60 for g in gaps), gaps and (min(gaps), max(gaps)))
    told = [e for e in story.ownership.heard("x", "arp", since=begun, until=ended) if e["garp"] and e["sip"] == "192.0.2.100"]
    refreshes = int(milliseconds(ended - begun) / 1000 / REFRESH_SECONDS)
    story.check("and is announced once a minute, as ever", 2 * refreshes <= len(told) <= 2 * (refreshes + bool(refreshes)),
                (len(told), refreshes))
    events = [e for e in story.watch.events() if e["ev"] == "addr" and begun <= e["t"] <= ended
              and e["addr"].startswith("192.0.2.100/")]
    story.check("its address is renewed with each advert and no more", abs(len(events) - len(said)) <= 1, (len(events), len(said)))
    its, changed = calls_about(calls, "192.0.2.100"), calls_about(calls, "192.0.2.120")
    story.check("no system call is about it but that, a renewal and an advert at each beat, and no socket is made or set",
                set(its) <= {"advert", "renewal", "announcement"} and its["announcement"] == len(told) and
                abs(its["advert"] - len(said)) <= 1 and abs(its["renewal"] - len(said)) <= 1,
                (its, len(said)))
    story.check("those about an address that came and went are noted: added, announced, removed", len(changed) >= 3, changed)
    last = 120 + (CHANGES - 1) % 100
    held = [story.ownership.holders(f"192.0.2.{n}") for n in (last, last - 1)]
    story.check("the busy group has its last list", held == [["a"], []], held)


def swapped(story):
    """#2364: two groups swap their VRIDs; their addresses stay held or come back at once, by one node."""
    three = Three(story, Fairlead)
    one = three.told["a"]
    two = one.but(name="h", vrid=52, vips=("192.0.2.110",))
    for node in ("a", "b"):
        three.programs[node] = Fairlead(story.world, story.segment.of[node], node)
        three.programs[node].start([r.but(priority=three.told[node].priority, others=three.told[node].others) for r in (one, two)])
    story.eventually("a is Master of both", lambda: three.holders() == ["a"] == story.ownership.holders("192.0.2.110"), 8)
    time.sleep(1.5)
    begun = time.monotonic_ns()
    for node in ("b", "a"):
        mine = three.told[node]
        three.programs[node].reload([r.but(priority=mine.priority, others=mine.others)
                                     for r in (one.but(vrid=52), two.but(vrid=51))])
    time.sleep(6)
    for vip in ("192.0.2.100", "192.0.2.110"):
        story.check(f"{vip} has its one holder again", story.ownership.holders(vip) == ["a"], story.ownership.holders(vip))
        both = story.ownership.overlap(vip, begun, time.monotonic_ns())
        story.check(f"{vip}: two holders for at most 100 ms (I-1)", both <= 100, both)
