"""What the demo reads from netwatch's lines while it runs. tests/lab/recompute does the same by itself afterwards."""


def milliseconds(ns):
    return None if ns is None else round(ns / 1e6, 1)


def first_garp(events, vip, after, macs):
    """(time, node) of the first gratuitous ARP for the address after a time, from one of these nodes."""
    nodes = {mac: node for node, mac in macs.items()}
    for e in events:
        if e["ev"] == "arp" and e["garp"] and e["sip"] == vip and e["t"] >= after and e["smac"] in nodes:
            return e["t"], nodes[e["smac"]]
    return None


def address_gone(events, vip, node, after):
    """When the address left that node."""
    for e in events:
        if (e["ev"] == "addr" and e["op"] == "del" and e["ns"] == "fairlead-" + node
                and e["addr"].split("/")[0] == vip and e["t"] >= after):
            return e["t"]
    return None


def overlap(events, vip, since, until):
    """Nanoseconds between two times during which more than one namespace lists the address."""
    held, total, last = set(), 0, since
    for e in events:
        if e["ev"] != "addr" or e["addr"].split("/")[0] != vip or e["t"] > until:
            continue
        if e["t"] > last:
            total += (e["t"] - last) if len(held) > 1 else 0
            last = e["t"]
        (held.discard if e["op"] == "del" else held.add)(e["ns"])
    return total + ((until - last) if len(held) > 1 else 0)


# Nobody's MAC: who asks from it for 0.0.0.0 (RFC 5227 2.1.1) gets answers that no machine learns anything from.
ASKER = "02:fa:1e:ad:99:99"


def question(vip):
    """An ARP probe for the address, as a frame in hex."""
    asker = ASKER.replace(":", "")
    return "ff" * 6 + asker + "0806" + "0001080006040001" + asker + "00" * 4 + "00" * 6 + bytes(map(int, vip.split("."))).hex()


def both_answer(events, vip, node, lost, until, macs):
    """For how long (ns) two answered for the address, counted from the first ARP frame by which another node claims it to
    the last one by which this node, lost at `lost`, does. None: one of them was not heard, so nothing was measured."""
    names = {mac: name for name, mac in macs.items()}
    said = [(e["t"], names[e["smac"]]) for e in events
            if e["ev"] == "arp" and e["sip"] == vip and e["smac"] in names and e["t"] <= until]
    old = [t for t, who in said if who == node and t > lost - 200_000_000]
    new = [t for t, who in said if who != node and t >= lost]
    return max(0, old[-1] - new[0]) if old and new else None


def missed(events):
    """What netwatch could not see: any of it voids the measurement."""
    return [e for e in events if e["ev"] == "lost"]
