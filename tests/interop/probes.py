"""Odd adverts, and what keepalived 2.2.7, FRR 8.4.4 and Fairlead do with them.

The program under test is Backup with priority 100 and 1 s; it hears good adverts of priority 200, then 13 of the probe's,
0.5 s apart, then nothing. Answers:
  stays    it goes on as Backup
  drop     it ignores them all: Master once, when the last good advert is Active_Down_Interval old
  each     the probe makes it Master again and again
None: not to be had. Addresses: a and b are the VIPs in order, x is none; with IPv6 a is the link-local one."""
import dataclasses

STAYS, DROP, EACH = "stays", "drop", "each"
PASSWORD = "1234"


@dataclasses.dataclass(frozen=True)
class Probe:
    name: str
    odd: dict                            # how the 13 adverts differ from good ones: frames.USUAL, and ttl, source, v2
    keepalived: object
    frr: object
    fairlead: str
    router: dict = dataclasses.field(default_factory=dict)   # how the program under test is told to be
    warm: dict = dataclasses.field(default_factory=dict)     # how the good ones before differ
    reason: str = ""                     # what Fairlead counts the dropped ones as
    event: str = ""                      # what Fairlead logs, or counts
    hears_until: object = None           # ms from the last odd advert to Master, where that is not the usual 3609


V2 = {"version": 2}
PASS = {"version": 2, "password": PASSWORD}
V6 = {"family": 6}
TWO = {"vips": "ab"}

TABLE = (
    Probe("correct, RFC 5798 checksum", {}, STAYS, STAYS, STAYS),
    Probe("correct, RFC 9568 checksum", {"form": "RFC9568"}, DROP, DROP, STAYS),
    Probe("wrong checksum", {"spoil": 1}, DROP, DROP, DROP, reason="checksum"),
    Probe("Reserve bits set", {"reserve": 15}, STAYS, STAYS, STAYS, hears_until=3609),
    Probe("priority 255", {"priority": 255}, STAYS, STAYS, STAYS),
    Probe("equal priority", {"priority": 100}, STAYS, STAYS, STAYS),
    Probe("off-link source", {"source": "10.99.0.7"}, STAYS, STAYS, STAYS),
    Probe("TTL 254", {"ttl": 254}, DROP, DROP, DROP, reason="ip-ttl"),
    Probe("type 2", {"type": 2}, DROP, DROP, DROP, reason="type"),
    Probe("version 2", dict(V2, interval=1), DROP, DROP, DROP, reason="version"),
    Probe("version 4", {"version": 4}, DROP, DROP, DROP, reason="version"),
    Probe("count 0, 8 bytes", {"addresses": ""}, DROP, DROP, DROP, reason="address-list"),
    Probe("count 0, 12 bytes", {"count": 0}, DROP, DROP, DROP, reason="address-list"),
    Probe("other VRID", {"vrid": 52}, DROP, DROP, DROP, reason="vrid"),
    Probe("cut to 10 bytes", {"cut": 10}, DROP, DROP, DROP, reason="packet-length"),
    Probe("count above its addresses", {"count": 255}, DROP, DROP, DROP, reason="packet-length"),
    Probe("interval 0", {"interval": 0}, EACH, EACH, DROP, reason="interval"),
    Probe("4 extra bytes", {"tail": bytes(4)}, DROP, DROP, STAYS, event="TrailingBytes"),
    Probe("28 extra bytes", {"tail": bytes(28)}, DROP, DROP, STAYS, event="TrailingBytes"),
    Probe("other VIP", {"addresses": "x"}, DROP, STAYS, STAYS, event="vrrp.peer_differs"),
    Probe("one VIP more", {"addresses": "ab"}, DROP, STAYS, STAYS, event="vrrp.peer_differs"),
    Probe("VIPs in other order", {"addresses": "ba"}, STAYS, STAYS, STAYS, router=TWO, event="vrrp.peer_differs"),
    Probe("interval 50 cs", {"interval": 50}, STAYS, STAYS, STAYS, event="vrrp.peer_differs", hears_until=1804),
    Probe("interval 4095 cs", {"interval": 4095}, STAYS, STAYS, STAYS, event="vrrp.peer_differs", hears_until=147803),
    Probe("lower priority, preempt", {"priority": 50}, DROP, DROP, DROP),
    Probe("lower priority, nopreempt", {"priority": 50}, STAYS, STAYS, STAYS, router={"preempt": False}),
    Probe("v2 good", {}, STAYS, STAYS, STAYS, router=V2),
    Probe("v2 interval 2 s", {"interval": 2}, DROP, DROP, DROP, router=V2, reason="interval"),
    Probe("v2 hears version 3", {"version": 3, "interval": 100}, DROP, DROP, DROP, router=V2, reason="version"),
    Probe("v2 PASS right", {}, STAYS, None, STAYS, router=PASS),
    Probe("v2 PASS wrong", {"password": "4321"}, DROP, None, DROP, router=PASS, reason="authentication"),
    Probe("v2 PASS unexpected", {"password": PASSWORD}, DROP, DROP, DROP, router=V2, reason="authentication"),
    Probe("v2 PASS missing", {"password": None}, DROP, None, DROP, router=PASS, reason="authentication"),
    Probe("v2 without auth bytes", {"auth": False}, DROP, DROP, DROP, router=V2, reason="packet-length"),
    Probe("IPv6 good", {}, STAYS, STAYS, STAYS, router=V6),
    Probe("IPv6 VIPs in other order", {"addresses": "ba"}, STAYS, STAYS, DROP, router=V6, reason="address-list"),
    Probe("IPv6 no link-local VIP", {"addresses": "b"}, STAYS, STAYS, STAYS, warm={"addresses": "b"},
          router=dict(V6, vips="b", extra=(("strictV6FirstAddress", False),))),
    Probe("IPv6 hop limit 254", {"ttl": 254}, DROP, DROP, DROP, router=V6, reason="ip-ttl"),
    Probe("IPv6 interval 0", {"interval": 0}, EACH, EACH, DROP, router=V6, reason="interval"),
    Probe("IPv6 wrong checksum", {"spoil": 1}, DROP, DROP, DROP, router=V6, reason="checksum"),
)
PROGRAMS = ("keepalived", "frr", "fairlead")


def vips(number, family):
    """The addresses a, b and x of cable `number`."""
    if family == 6:
        return {"a": f"fe80::{number:x}:100", "b": f"2001:db8:{number:x}::100", "x": f"2001:db8:{number:x}::200"}
    return {"a": f"198.18.{number}.100", "b": f"198.18.{number}.101", "x": f"198.18.{number}.200"}
