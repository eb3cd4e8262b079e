"""FN-06, FN-23, FN-26, FN-31: addresses that others take away, that are too many, that must not become the node's own, and that
hosts must hear of."""
import json
import subprocess
import time

from faults import GATE_MS, Three, VIPS
from measure import milliseconds
from routers import Fairlead, VirtualRouter

# FN-06: an address deleted for ever is put back thirty times in a minute, and by the advert that comes next; then it is given up.
MOST_REPAIRS = 31


def removed_once(family):
    """FN-06, P-13: a person removes the VIP: back within 0.1 s, announced, and nobody changes state."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        a = three.programs["a"]
        time.sleep(5)  # the rounds after the promotion are over
        for vip in VIPS[family]:
            begun = time.monotonic_ns()
            three.ip("a", f"address del {vip}/{32 if family == 4 else 128} dev eth1")
            story.eventually(f"{vip} is back", lambda v=vip: story.ownership.first(v, "a", True, begun), 2)
            time.sleep(0.3)
            back = story.ownership.first(vip, "a", True, begun)
            after = milliseconds(back - begun) if back else None
            story.check(f"{vip}: within {GATE_MS} ms", after is not None and after <= GATE_MS, after)
            if family == 4:
                told = [e for e in three.own().heard("x", "arp", since=begun) if e["garp"] and e["sip"] == vip]
            else:
                told = [e for e in three.own().heard("x", "na", since=begun) if e["target"] == vip]
            story.check(f"{vip}: announced", told, len(told))
        story.check("a is Master as before", a.became("g") == 1 and a.state("g") == "Master", a.became("g"))
        counted = a.metric("fairlead_node_address_repairs_total", cause="removed")
        story.check("each repair is counted", counted == len(VIPS[family]), counted)
        story.check("b was never Master", three.programs["b"].became("g") == 0)
    return tell


def flushed(family):
    """FN-06: everything of the interface is flushed, the node's own address too: no advert without a source, and b serves."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        begun = time.monotonic_ns()
        three.ip("a", f"-{family} address flush dev eth1")
        three.alone("b", "b takes over", 8)
        three.never_two(begun, "flushed", 100)
        three.ip("a", f"address add {story.segment.address('a', family)}/{24 if family == 4 else 64} dev eth1")
        three.alone("a", "the node's address is back: a reclaims", 10)
        time.sleep(0.3)
        three.never_two(begun, "in all (I-1)", 100)
    return tell


def removed_for_ever(family):
    """FN-06: something deletes the VIP five times a second: limited repairs, told, and no endless fight."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        a, begun = three.programs["a"], time.monotonic_ns()
        while time.monotonic_ns() < begun + 20 * 10**9:
            subprocess.run(["ip", "-n", story.segment.of["a"], "address", "del", f"{three.vip}/{32 if family == 4 else 128}",
                            "dev", "eth1"], stderr=subprocess.DEVNULL)
            time.sleep(0.2)
        repairs = a.metric("fairlead_node_address_repairs_total", cause="removed")
        story.check(f"thirty repairs and that of the next advert, {MOST_REPAIRS}, in 20 s", 30 <= repairs <= MOST_REPAIRS, repairs)
        story.check("it is told", a.logged("vrrp.address_restored", "group=g "))
        story.check("handed over: b holds the address", "b" in three.holders(), three.holders())
        time.sleep(1)
        story.check("b alone", three.holders() == ["b"], three.holders())
    return tell


def shown(story, node, words):
    done = subprocess.run(["ip", "-n", story.segment.of[node], "-j", *words.split()], text=True, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout or "[]")


def never_the_nodes_own(family):
    """FN-26: /32 or /128, no prefix route, preferred lifetime 0, never first on the interface, never the source of anything."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        listed = [x for link in shown(story, "a", "address show dev eth1") for x in link["addr_info"]
                  if x["family"] == ("inet" if family == 4 else "inet6")]
        own = story.segment.address("a", family)
        ours = [x for x in listed if x["local"] in VIPS[family]]
        story.check("all VIPs are listed", len(ours) == len(VIPS[family]), [x["local"] for x in listed])
        story.check("of full length", all(x["prefixlen"] == (32 if family == 4 else 128) for x in ours),
                    [x["prefixlen"] for x in ours])
        story.check("with preferred lifetime 0 and a finite one", all(x["preferred_life_time"] == 0 and
                    0 <= x["valid_life_time"] <= 3600 for x in ours), [x["valid_life_time"] for x in ours])
        if family == 4:
            story.check("the node's own comes first", listed[0]["local"] == own, listed[0]["local"])
        version = "-4" if family == 4 else "-6"
        routes = shown(story, "a", f"{version} route show dev eth1")
        named = [r["dst"] for r in routes if any(v in r["dst"] or v == r.get("prefsrc") for v in VIPS[family])]
        story.check("no route of the main table is made for them", not named, named)
        peer = story.segment.address("x", family)
        chosen = shown(story, "a", f"{version} route get {peer}" + (" oif eth1" if family == 6 else ""))[0].get("prefsrc")
        story.check("the kernel never chooses one as source", chosen == own, chosen)
        said = {e["src"] for e in three.own().adverts("a", "x")}
        story.check("nor do our adverts", said == {own}, said)
    return tell


def too_many(story):
    """FN-23: more IPv6 addresses than an advert holds at this MTU are refused, with the number that is allowed."""
    story.place("a", "x")
    fill = [f"2001:db8::{n:x}" for n in range(256, 400)]
    node = Fairlead(story.world, story.segment.of["a"], "a")
    base = VirtualRouter("g", family=6, others=(150,), priority=200)
    node.start([base.but(vips=("fe80::100", *fill[:90]))])
    time.sleep(1)
    told = node.refused() + [x for x in node.program.text().splitlines() if "90" in x and "address" in x]
    story.check("91 addresses at MTU 1500: refused, and the number is 90", any("90" in x for x in told), told[:2])
    time.sleep(4)
    story.check("nothing of it is held or said", node.state("g") != "Master" and not story.ownership.adverts("a", "x"),
                node.state("g"))
    node.reload([base.but(vips=("fe80::100", *fill[:89]))])
    story.eventually("90 addresses: Master", lambda: node.state("g") == "Master", 8)
    time.sleep(1.2)
    said = story.ownership.adverts("a", "x")
    story.check("and its adverts list all 90", said and int(said[-1]["hex"][6:8], 16) == 90, said and said[-1]["hex"][:16])
    node.stop()
    for place in ("a", "x"):
        subprocess.run(["ip", "-n", story.segment.of[place], "link", "set", "eth1", "mtu", "1280"], check=True)
    # 1280 less 40 of the IPv6 header and 8 of the message is room for 77.
    begun = time.monotonic_ns()
    node.start([base.but(vips=("fe80::100", *fill[:77]))])
    time.sleep(5)
    story.check("78 addresses at MTU 1280: Initialize", node.state("g") == "Initialize", node.state("g"))
    story.check("condition TooManyAddresses is there", "TooManyAddresses" in node.problems("g"), node.problems("g"))
    told = node.logged("vrrp.problem", "group=g ", "type=TooManyAddresses")
    story.check("told once, and the number is 77", len(told) == 1 and "can list 77 at the MTU 1280" in told[0], told)
    said = story.ownership.adverts("a", "x", since=begun)
    story.check("nothing was sent meanwhile", not said, len(said))
    for place in ("a", "x"):
        subprocess.run(["ip", "-n", story.segment.of[place], "link", "set", "eth1", "mtu", "1500"], check=True)
    story.eventually("MTU 1500 again: Master with all 78", lambda: node.state("g") == "Master", 8)


def announcements(family):
    """FN-31, vrrp.md 7: rounds at 0, 1 and 5 s after the promotion, then a refresh; request and reply of each IPv4 VIP."""
    def tell(story):
        extra = (("announce", {"repeatSeconds": [0, 1, 5], "refreshSeconds": 8}),)
        three = Three(story, Fairlead, family, extra=extra)
        if not three.settle():
            return
        time.sleep(21)
        begun = three.own().first(three.vip, "a", True, 0)
        if family == 4:
            heard = [e for e in three.own().heard("x", "arp") if e["garp"] and e["sip"] == three.vip]
            kinds = {e["op"] for e in heard}
            story.check("both kinds, request and reply", kinds == {1, 2}, kinds)
            heard = [e for e in heard if e["op"] == 1]
            story.check("with our MAC", {e["smac"] for e in heard} == {"02:00:00:00:00:01"})
        else:
            heard = [e for e in three.own().heard("x", "na") if e["target"] == three.vip and not e["flags"] & 2]
            story.check("override, neither solicited nor router; from the VIP to all nodes",
                        {(e["flags"], e["src"], e["dst"]) for e in heard} == {(1, three.vip, "ff02::1")},
                        {(e["flags"], e["src"], e["dst"]) for e in heard})
        times = [round((e["t"] - begun) / 1e9, 2) for e in heard]
        story.check("three rounds, at 0, 1 and 5 s", len(times) >= 3 and all(
            abs(t - want) < 0.2 for t, want in zip(times, (0, 1, 5))), times)
        # The turns of the group's addresses are spread evenly over the 8 s.
        story.check("then a refresh every 8 s, the first by then", len(times) >= 5 and 0 < times[3] - times[2] < 8.2 and all(
            abs(q - p - 8) < 0.2 for p, q in zip(times[3:], times[4:])), times)
        own = [e for e in three.own().heard("x", "arp") + three.own().heard("x", "na")
               if e["smac"] == "02:00:00:00:00:02" and (e.get("sip") or e.get("target")) in VIPS[family]]
        story.check("b announces nothing", not own, len(own))
    return tell
