"""Who held what and who said what, read from netwatch's lines: outside of all the programs under test."""
from routers import Frr

MS = 1_000_000


def milliseconds(ns):
    return None if ns is None else round(ns / MS, 1)


class Ownership:
    """Of one segment. A holder lists the address, or has carrier on FRR's interface for it."""

    def __init__(self, watch, segment):
        self.watch, self.segment = watch, segment
        self.frr = {}  # node -> interface

    def frr_holds_on(self, node, router):
        self.frr[node] = Frr.macvlan(router)

    def changes(self, vip):
        """[(t, node, held)] in order of time."""
        nodes = {namespace: node for node, namespace in self.segment.of.items()}
        out = []
        for e in self.watch.events():
            node = nodes.get(e.get("ns"))
            if node is None:
                continue
            if e["ev"] == "link" and self.frr.get(node) == e["if"]:
                out.append((e["t"], node, e["carrier"]))
            if e["ev"] == "addr" and node not in self.frr and e["addr"].split("/")[0] == vip:
                out.append((e["t"], node, e["op"] != "del"))
        return out

    def holders(self, vip):
        held = set()
        for _, node, there in self.changes(vip):
            (held.add if there else held.discard)(node)
        return sorted(held)

    def periods(self, vip, since, until):
        """[(begin, end, holders)] that fill the time between."""
        held, out, last = set(), [], since
        for t, node, there in [*self.changes(vip), (until, None, False)]:
            t = min(max(t, since), until)
            if t > last and out and out[-1][2] == held:
                out[-1] = (out[-1][0], t, out[-1][2])
            elif t > last:
                out.append((last, t, frozenset(held)))
            last = t
            (held.add if there else held.discard)(node)
        return out

    def overlap(self, vip, since, until):
        """ms during which more than one held it."""
        return milliseconds(sum(b - a for a, b, who in self.periods(vip, since, until) if len(who) > 1))

    def nobody(self, vip, since, until):
        return milliseconds(sum(b - a for a, b, who in self.periods(vip, since, until) if not who))

    def first(self, vip, node, held, after):
        """When the node took (held) or gave up the address, or None."""
        before = False
        for t, who, there in self.changes(vip):
            if who != node:
                continue
            if t >= after and there == held and (before != there):
                return t
            before = there
        return None

    def gone_before(self, frame, vips, node, after):
        """Whether the node gave up all addresses before the frame arrived (I-3): by netwatch's order, for it stamps a removal
        when it reads of it, and that is late on a busy machine."""
        gone = {e["addr"].split("/")[0] for e in self.watch.events()
                if e["ev"] == "addr" and e["op"] == "del" and e["ns"] == self.segment.of[node] and after <= e["t"] and e["n"] < frame["n"]}
        return set(vips) <= gone

    # ---- frames ----
    def heard(self, by, ev="vrrp", since=0, until=1 << 63):
        """By the node's own interface: FRR's macvlan hears a multicast once more whose hash is that of a group it listens to."""
        return [e for e in self.watch.events()
                if e["ev"] == ev and e["ns"] == self.segment.of[by] and since <= e["t"] <= until and e["if"] != self.frr.get(by)]

    def adverts(self, of, by, vrid=None, since=0, until=1 << 63):
        """Adverts of one node that another heard."""
        port = self.segment.nodes.index(of) + 1
        macs = {f"02:00:00:00:00:{port:02x}"}
        return [e for e in self.heard(by, "vrrp", since, until)
                if (e["smac"] in macs or (of in self.frr and e["smac"].startswith("00:00:5e:00:")))
                and vrid in (None, e["vrid"])]
