"""Runs the table of probes on one program after the other's namespaces are up: all rows of all programs at once, each row on
a cable of its own."""
import dataclasses
import time

import frames
import probes
from routers import Fairlead, Frr, Keepalived, VirtualRouter
from world import Cables, Watch, packet_socket

COUNT, EVERY = 13, 0.5
WARM_SECONDS = 3.0
DOWN_MS = 3609  # Active_Down_Interval of priority 100 at 1 s
LIKE = {"keepalived": Keepalived, "frr": Frr, "fairlead": Fairlead}


def cannot(kind, probe):
    """Why a program cannot be told to be as the row wants it, or ""."""
    if kind == "frr" and probe.router.get("password"):
        return "FRR has no PASS"
    return ""


@dataclasses.dataclass
class Outcome:
    """What one program did in one row. Times in ms from the first odd advert."""
    kind: str
    probe: probes.Probe
    masters: list          # when it became Master, up to just after the last odd advert
    adverts: list          # when it advertised, as far
    transitions: int       # changes of state by its own word; FRR only
    after: object          # from the last odd advert to the first time it became Master afterwards; None: it did not
    router: VirtualRouter = None

    def answer(self):
        if self.times() >= 10:
            return probes.EACH
        return probes.DROP if self.masters else probes.STAYS

    def times(self):
        """How often it became Master. FRR's interface does not follow quick changes: its own count of transitions does."""
        return (self.transitions + 1) // 2 if self.kind == "frr" else len(self.masters)

    def expected(self):
        return getattr(self.probe, self.kind)


class Line:
    """One row on one cable of one program."""

    def __init__(self, kind, number, probe):
        self.kind, self.number, self.probe = kind, number, probe
        told = dict(probe.router)
        self.family, self.version = told.get("family", 4), told.get("version", 3)
        self.addresses = probes.vips(number, self.family)
        told["vips"] = self.named(told.get("vips", "ab" if self.family == 6 else "a"))
        self.router = VirtualRouter(name=f"p{number}", interface=f"e{number}", others=(200,), **told)
        source = f"fe80::{number:x}:2" if self.family == 6 else f"198.18.{number}.2"
        self.good = self.frame(source, probe.warm)
        self.odd = self.frame(source, dict(probe.warm, **probe.odd))

    def named(self, letters):
        return tuple(self.addresses[x] for x in letters)

    def frame(self, source, change):
        usual = {"addresses": "ab" if self.family == 6 else "a", "version": self.version,
                 "interval": 1 if self.version == 2 else 100, "password": self.probe.router.get("password")}
        if self.probe.router.get("vips"):
            usual["addresses"] = self.probe.router["vips"]
        m = dict(usual, **change)
        m["addresses"] = self.named(m["addresses"])
        source = m.pop("source", source)
        return frames.advert(source, Cables.mac(self.number, 2), m.pop("ttl", 255), **m)


class Program:
    """One of the three with all its cables."""

    def __init__(self, world, kind, table):
        self.kind = kind
        self.lines = [Line(kind, n, p) for n, p in enumerate(table, 1) if not cannot(kind, p)]
        self.cables = Cables(world, kind, len(table))
        self.socket = packet_socket(self.cables.far)
        self.driver = LIKE[kind](world, self.cables.near)
        self.watch = Watch(world, "watch-" + kind, [self.cables.near, "+" + self.cables.far])
        self.before, self.after = {}, {}

    def start(self):
        self.driver.start([line.router for line in self.lines])

    def send(self, odd):
        for line in self.lines:
            self.socket.sendto(line.odd if odd else line.good, (line.router.interface, 0))

    def count(self):
        """{router: changes of state}, if the program tells."""
        if self.kind != "frr":
            return {}
        shown = self.driver.shown()
        return {r.name: shown[r.interface, r.vrid][f"v{r.family}"]["stats"]["transitions"] for r in (x.router for x in self.lines)}

    def ownership(self, events, line):
        """(t, held) whenever the program took or gave up the first address."""
        if self.kind == "frr":
            mine = [e for e in events if e["ev"] == "link" and e["if"] == Frr.macvlan(line.router)]
            return [(e["t"], e["carrier"]) for e in mine]
        mine = [e for e in events if e["ev"] == "addr" and e["ns"] == self.cables.near and e["if"] == line.router.interface
                and e["addr"].split("/")[0] == line.router.vips[0]]
        return [(e["t"], e["op"] != "del") for e in mine]

    def outcome(self, line, begun, last):
        events = self.watch.events()
        became, before = [], False
        for t, held in self.ownership(events, line):
            if held and not before and t >= begun:
                became.append(t)
            before = held
        until = last + 4 * 10**8
        said = [e["t"] for e in events if e["ev"] == "vrrp" and e["if"] == line.router.interface and e["t"] >= begun]
        after = [t for t in became if t > until]
        said = [(t - begun) / 1e6 for t in said if t <= until]
        name = line.router.name
        return Outcome(self.kind, line.probe, [(t - begun) / 1e6 for t in became if t <= until], said,
                       self.after.get(name, 0) - self.before.get(name, 0),
                       (after[0] - last) / 1e6 if after else None, line.router)


def tick(programs, number, begun, odd):
    """Sends one advert on every cable, at its time."""
    time.sleep(max(0.0, begun + number * EVERY - time.monotonic()))
    for program in programs:
        program.send(odd)


def ready(program):
    """All virtual routers of the program are Backup."""
    if program.kind == "frr":
        shown = program.driver.shown()
        return all(shown[r.interface, r.vrid][f"v{r.family}"]["status"] == "Backup" for r in (x.router for x in program.lines))
    return all(program.driver.state(x.router.name) == "Backup" for x in program.lines)


def run(world, kinds, table):
    """(programs, outcomes, what was missed)."""
    programs = [Program(world, kind, table) for kind in kinds]
    for program in programs:
        program.start()
    begun, number, patience = time.monotonic(), 0, time.monotonic() + 30
    waiting = list(programs)
    while number * EVERY < WARM_SECONDS or waiting:
        tick(programs, number, begun, odd=False)
        number += 1
        waiting = [p for p in waiting if not ready(p)]
        if time.monotonic() > patience:
            break
    tick(programs, number, begun, odd=False)
    first = time.monotonic_ns() + int(EVERY * 1e9)
    for program in programs:
        program.before = program.count()
    for i in range(COUNT):
        tick(programs, number + 1 + i, begun, odd=True)
    last = time.monotonic_ns()
    for program in programs:
        program.after = program.count()
    time.sleep(DOWN_MS / 1000 + 1.5)
    outcomes = [p.outcome(line, first, last) for p in programs for line in p.lines]
    return programs, outcomes, [p.kind for p in waiting]
