"""VI-5, VR-030: unicast peers on two segments with a router between, which takes one off the TTL."""
import time

import frames
from measure import milliseconds
from pair import BASE, LATE_MS, Pair
from world import batch, packet_socket, set_sysctls

F, P = "192.0.2.1", "198.51.100.3"
WORSE, BETTER = 100, 200


def place(story):
    """f and p on bridges of their own; r has a foot on each and forwards. Every address of p is on its side of r."""
    story.place("f", "r", "p")
    segment = story.segment
    batch(segment.switch, ["link add br1 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br1 up",
                           "link set to-p master br1", f"link add to-r2 type veth peer name eth2 netns {segment.of['r']}",
                           "link set to-r2 master br1", "link set to-r2 up"])
    set_sysctls(segment.of["r"], {"net/ipv4/ip_forward": 1, "net/ipv4/conf/all/send_redirects": 0})
    batch(segment.of["r"], ["address add 198.51.100.2/24 dev eth2", "link set eth2 up"])
    batch(segment.of["p"], ["address del 192.0.2.3/24 dev eth1", f"address add {P}/24 dev eth1",
                            "route add 192.0.2.0/24 via 198.51.100.2"])
    batch(segment.of["f"], ["route add 198.51.100.0/24 via 192.0.2.2"])


def behind_a_router(kind):
    """p's adverts arrive with TTL 254: f hears them with minTTL 254, and not without. Both directions where p is ours, too."""
    def tell(story):
        place(story)
        pair = Pair(story, kind, BASE["v3"])
        theirs = {"priority": BETTER, "own": P, "peers": (F,), "min_ttl": 254}
        pair.start_p(**theirs)
        pair.alone("p", "p is Master", 12)
        if not pair.start_f(priority=WORSE, own=F, peers=(P,), min_ttl=255):
            return
        story.eventually("with minTTL 255 f hears nothing and is Master too", lambda: pair.f.state("g") == "Master", 6)
        arrived = [e for e in story.ownership.heard("f") if e["src"] == P]
        story.check("p's adverts arrive through the router, with TTL 254",
                    arrived and {(e["ttl"], e["smac"]) for e in arrived} == {(254, "02:00:00:00:00:02")},
                    {(e["ttl"], e["smac"]) for e in arrived})
        counted = pair.f.metric("fairlead_node_vrrp_adverts_rejected_total", group="g", reason="ip-ttl")
        story.check("they are counted as ip-ttl", counted >= 2, counted)
        story.check("and told: condition AdvertMismatch", "AdvertMismatch" in pair.f.problems("g"), pair.f.problems("g"))
        pair.f.stop()
        pair.start_f(priority=WORSE, own=F, peers=(P,), min_ttl=254)
        begun = time.monotonic_ns()
        time.sleep(4.5)
        periods = story.ownership.periods(pair.vip, begun, time.monotonic_ns())
        story.check("with minTTL 254 f is Backup", {x for _, _, x in periods} == {frozenset("p")} and pair.f.state("g") == "Backup",
                    ([(milliseconds(t - s), sorted(x)) for s, t, x in periods], pair.f.state("g")))
        story.check("and hears p", pair.f.reports("g")[-1].get("hears") == P, pair.f.reports("g")[-1])
        another_router_further(story, pair)
        leaves(story, pair)
        pair.start_p(**theirs)
        story.eventually("p comes back and outranks f", lambda: pair.holders() == ["p"], 8)
        time.sleep(0.3)
        story.check("f heard it: Backup", pair.f.state("g") == "Backup", pair.f.state("g"))
        pair.f.stop()
        pair.start_f(priority=BETTER + 10, own=F, peers=(P,), min_ttl=254)
        pair.alone("f", "f outranks p, who hears it through the router")
    return tell


def another_router_further(story, pair):
    """A better advert in p's name, but of one that has crossed two routers: dropped."""
    claim = frames.message(P, F, priority=254, addresses=pair.ours.vips, form="RFC5798")
    frame = frames.frame(P, 253, bytes.fromhex("020000000002"), claim, F, bytes.fromhex("020000000001"))
    before = pair.f.metric("fairlead_node_vrrp_adverts_rejected_total", group="g", reason="ip-ttl")
    with packet_socket(story.segment.of["r"]) as out:
        for _ in range(3):
            out.sendto(frame, ("eth1", 0))
    time.sleep(0.3)
    counted = pair.f.metric("fairlead_node_vrrp_adverts_rejected_total", group="g", reason="ip-ttl") - before
    story.check("an advert with TTL 253 is dropped and counted", counted == 3, counted)


def leaves(story, pair):
    """p ends: its priority 0 is heard through the router."""
    begun = time.monotonic_ns()
    pair.p.stop()
    pair.alone("f", "p ends: f takes over", 6)
    zero = [e for e in story.ownership.heard("f", since=begun) if e["src"] == P and e["priority"] == 0]
    taken = story.ownership.first(pair.vip, "f", True, begun)
    gap = milliseconds(taken - zero[0]["t"]) if zero and taken else None
    skew = 1000 * (256 - WORSE) / 256
    story.check(f"{skew:.0f} ms after its priority 0", gap is not None and abs(gap - skew) <= LATE_MS, gap)
