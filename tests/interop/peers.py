"""Stories of Fairlead beside another implementation: rows VI-1 to VI-5."""
import time

from measure import milliseconds
from pair import BASE, LATE_MS, TRUNCATED, Pair
from routers import Keepalived


def life(kind, proto):
    """VI-3: both start, hand-over both ways, preemption both ways, and neither preempts when told not to."""
    def tell(story):
        pair = Pair(story, kind, BASE[proto])
        pair.start_p(priority=150)
        if not pair.start_f(priority=200, others=(150,)):
            return
        pair.alone("f", "both start: f is the one Master")
        pair.steady("f", "it stays so", 2.5)
        pair.hand_over("f", pair.f.stop, 414 + 300, "f ends")
        begun = time.monotonic_ns()
        pair.start_f(priority=200, others=(150,))
        if pair.alone("f", "f comes back and outranks p"):
            time.sleep(0.3)
            pair.outranked("f", begun, "f outranks p")
        pair.f.stop()
        pair.alone("p", "f ends again: p takes over")
        pair.start_f(priority=100, others=(150,))
        pair.steady("p", "f with the lower priority stays Backup", 4.5)
        pair.hand_over("p", pair.p.stop, 610 + LATE_MS, "p ends")
        begun = time.monotonic_ns()
        pair.start_p(priority=150)
        if pair.alone("p", "p comes back and outranks f"):
            time.sleep(1.5)
            pair.outranked("p", begun, "p outranks f")
        pair.f.stop()
        pair.start_f(priority=200, others=(150,), preempt=False)
        pair.steady("p", "f told not to preempt stays Backup", 4.5)
        pair.p.stop()
        pair.alone("f", "p ends: f takes over all the same")
        pair.start_p(priority=210, preempt=False)
        pair.steady("f", "p told not to preempt stays Backup", 4.5)
        if pair.base.password:
            first_eight_bytes(story, pair)
    return tell


def first_eight_bytes(story, pair):
    """A password on the wire, and what is said of one that is longer."""
    password = pair.base.password
    for node, ear in (("f", "p"), ("p", "f")):
        sent = {bytes.fromhex(e["hex"])[-8:] for e in story.ownership.adverts(node, ear)}
        story.check(f"{node}'s adverts end with the first 8 bytes of the password", sent == {password[:8].encode()}, sent)
    told = [line for line in pair.f.refused() if TRUNCATED in line]
    story.check("a password of more than 8 bytes is told of, any other is not", bool(told) == (len(password) > 8), told)
    story.check("and is in no log", password[:8] not in pair.f.program.text())


def deaf_to_rfc9568(kind):
    """VI-1, VI-2: keepalived 2.2.7 and FRR 8.4.4 know the RFC 5798 checksum only. What a wrong setting looks like."""
    def tell(story):
        pair = Pair(story, kind, BASE["v3"])
        pair.start_f(priority=200, others=(100,), checksum="RFC9568")
        pair.alone("f", "f is Master")
        begun = time.monotonic_ns()
        pair.start_p(priority=100)
        story.eventually("p takes our RFC 9568 adverts for nothing and becomes Master", lambda: pair.holders() == ["f", "p"], 8)
        time.sleep(3)
        said = story.ownership.adverts("p", "f", since=begun)
        if kind is Keepalived:
            mute = milliseconds(time.monotonic_ns() - said[-1]["t"]) if said else None
            story.check("p sends an advert, two on a busy machine, and is mute then for more than an interval",
                        1 <= len(said) <= 2 and mute > 1500, (len(said), mute))
        # FRR goes on while the figure is asked for.
        form = pair.f.metric("fairlead_node_vrrp_checksum_forms_total", form="RFC5798")
        most = len(story.ownership.adverts("p", "f", since=begun))
        story.check("f counts the other form", form is not None and 0 < len(said) <= form <= most, (form, len(said), most))
        story.check("f tells of it at the first advert", pair.f.logged("vrrp.peer_odd", "group=g ", "sender=192.0.2.2"))
        story.check("and has the condition", "AdvertMismatch" in pair.f.problems("g"), pair.f.problems("g"))
        story.check("f goes on as Master", pair.f.state("g") == "Master", pair.f.state("g"))
        pair.p.stop()
        pair.f.stop()
        pair.start_p(priority=200)
        pair.alone("p", "alone, p is Master")
        pair.start_f(priority=100, others=(200,), checksum="RFC9568")
        pair.steady("p", "with the higher priority p simply wins", 4.5)
    return tell


def learns(kind, proto, theirs_ms):
    """VI-4: our interval is 1 s, theirs another: learned in both directions, without a flap."""
    def tell(story):
        pair = Pair(story, kind, BASE[proto])
        pair.start_p(priority=200, interval=theirs_ms)
        pair.alone("p", "p is Master", 12)
        pair.start_f(priority=100, others=(200,))
        pair.steady("p", f"f follows p's {theirs_ms} ms", 6)
        story.check("f tells of the difference", pair.f.logged("vrrp.peer_differs", "group=g "))
        begun = time.monotonic_ns()
        pair.p.kill()
        story.eventually("p is killed: f is Master", lambda: pair.f.state("g") == "Master", 12)
        time.sleep(0.2)
        last = story.ownership.adverts("p", "f", until=begun + 50_000_000)[-1]["t"]
        first = story.ownership.adverts("f", "p", since=begun)
        silence = milliseconds(first[0]["t"] - last) if first else None
        down = theirs_ms * (3 + 156 / 256)
        story.check(f"f took p's interval for its timer: {down:.0f} ms", silence and abs(silence - down) < LATE_MS, silence)
        story.check("now f has the interval of its own", len(first) <= 2 or abs(first[1]["t"] - first[0]["t"] - 10**9) < 10**8)
        # keepalived left its address behind, FRR its interface: the next story of these two begins from nothing.
    return tell


def teaches(kind, proto, theirs_ms):
    """The other direction: p is Backup, and follows our second."""
    def tell(story):
        pair = Pair(story, kind, BASE[proto])
        pair.start_f(priority=200, others=(100,))
        pair.alone("f", "f is Master")
        pair.start_p(priority=100, interval=theirs_ms)
        pair.steady("f", f"p, told {theirs_ms} ms, follows our second", 7)
    return tell


def refuses_other_interval(kind):
    """VI-4 in version 2: an advert with another interval is dropped, and told: this means two Masters."""
    def tell(story):
        pair = Pair(story, kind, BASE["v2"])
        pair.start_p(priority=200, interval=2000)
        pair.alone("p", "p is Master", 12)
        if not pair.start_f(priority=100, others=(200,)):
            return
        story.eventually("f drops p's adverts and is Master too", lambda: pair.f.state("g") == "Master", 6)
        time.sleep(2)
        counted = pair.f.metric("fairlead_node_vrrp_adverts_rejected_total", group="g", reason="interval")
        # keepalived is mute from then on, since each advert of ours re-arms its timer: one has to be enough.
        story.check("they are counted as interval", counted >= 1, counted)
        story.check("f tells of it", pair.f.logged("vrrp.peer_odd", "group=g ", "what=interval"))
        story.check("and has the condition", "AdvertMismatch" in pair.f.problems("g"), pair.f.problems("g"))
    return tell


def unicast(family):
    """VI-5: keepalived as unicast peer."""
    def tell(story):
        story.place("f", "p", "x")
        f, p = story.segment.address("f", family), story.segment.address("p", family)
        base = BASE["v3" if family == 4 else "v6"]
        pair = Pair(story, Keepalived, base)
        mine, other = {"own": f, "peers": (p,)}, {"own": p, "peers": (f,)}
        pair.start_p(priority=150, **other)
        if not pair.start_f(priority=200, **mine):
            return
        pair.alone("f", "both start: f is the one Master")
        pair.steady("f", "it stays so", 3)
        said = story.ownership.adverts("f", "p")
        story.check("f's adverts go to the peer's address, TTL 255",
                    said and all(e["dst"] == p and e["ttl"] == 255 for e in said), (said[-1]["dst"], said[-1]["ttl"]) if said else "")
        story.check("f sends nothing by multicast", not story.ownership.adverts("f", "x"))
        pair.hand_over("f", pair.f.stop, 414 + 300, "f ends")
        pair.start_f(priority=100, **mine)
        pair.steady("p", "f with the lower priority stays Backup", 4.5)
        pair.hand_over("p", pair.p.stop, 610 + LATE_MS, "p ends")
        # Somebody else with a better claim and the right form: not in our list.
        stranger = Keepalived(story.world, story.segment.of["x"], "x")
        stranger.start([base.but(priority=250, own=story.segment.address("x", family), peers=(f,))])
        before = pair.f.metric("fairlead_node_vrrp_adverts_rejected_total")
        story.eventually("a stranger becomes Master of its own", lambda: stranger.state("g") == "Master", 8)
        time.sleep(2.5)
        counted = pair.f.metric("fairlead_node_vrrp_adverts_rejected_total") - before
        story.check("its unicast adverts are dropped and counted", counted >= 2, counted)
        story.check("f stays Master", pair.f.state("g") == "Master", pair.f.state("g"))
        stranger.stop()
    return tell


def short_hop_limit(story):
    """VI-5: keepalived sends IPv6 unicast with hop limit 64 unless told; minTTL on our side accepts it."""
    story.place("f", "p")
    base = BASE["v6"].but(own="fe80::1", peers=("fe80::2",))
    pair = Pair(story, Keepalived, base)
    pair.start_p(priority=200, own="fe80::2", peers=("fe80::1",), extra=(("keepalived", ("unicast_ttl 64",)),))
    pair.alone("p", "p is Master")
    if not pair.start_f(priority=100, others=(200,), min_ttl=255):
        return
    story.eventually("with minTTL 255 f hears nothing and is Master too", lambda: pair.f.state("g") == "Master", 6)
    counted = pair.f.metric("fairlead_node_vrrp_adverts_rejected_total", group="g", reason="ip-ttl")
    story.check("p's adverts are counted as ip-ttl", counted >= 2, counted)
    pair.f.stop()
    pair.start_f(priority=100, others=(200,), min_ttl=64)
    time.sleep(0.5)
    pair.steady("p", "with minTTL 64 f is Backup", 4.5)
