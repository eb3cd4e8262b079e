#!/usr/bin/python3
"""Fairlead beside keepalived 2.2.7 and FRR 8.4.4: rows VI-1 to VI-5 and VI-9 of the interop matrix, all at once. The columns
that need keepalived >= 2.2.8 or FRR >= 8.5 (their switch for the RFC 9568 checksum) are not to be had with Debian 12."""
import os
import sys

import peers
import peers_lists as lists
import peers_routed as routed
from routers import Fairlead, Frr, Keepalived
from stories import tell
from world import Cases, World

BOTH = ((Keepalived, "keepalived"), (Frr, "frr"))


def all_stories():
    out = [(f"life-{name[0]}-{proto}", f"VI-3 {name} {proto}", peers.life(kind, proto))
           for kind, name in BOTH for proto in ("v3", "v6", "v2")]
    out += [(f"life-k-{short}", f"VI-3 keepalived v2 PASS, {size} bytes", peers.life(Keepalived, proto))
            for short, size, proto in (("pass", 8, "v2-pass"), ("long", 12, "v2-long"))]
    for kind, name in BOTH:
        short = name[0]
        out.append((f"deaf-{short}", f"VI-1/2 {name} RFC 9568", peers.deaf_to_rfc9568(kind)))
        for proto, family in (("v3", 4), ("v6", 6)):
            out += [(f"learn-{short}-{ms}-{family}", f"VI-4 {name} IPv{family} at {ms} ms", peers.learns(kind, proto, ms))
                    for ms in (500, 2000)]
            out += [(f"teach-{short}-{ms}-{family}", f"VI-4 {name} IPv{family} told {ms} ms", peers.teaches(kind, proto, ms))
                    for ms in (500, 2000)]
        out.append((f"learn2-{short}", f"VI-4 {name} v2", peers.refuses_other_interval(kind)))
    out += [(f"uni{family}", f"VI-5 unicast IPv{family}", peers.unicast(family)) for family in (4, 6)]
    out.append(("unittl", "VI-5 minTTL", peers.short_hop_limit))
    out += [(f"routed-{kind.__name__[0].lower()}", f"VI-5 {kind.__name__} behind a router", routed.behind_a_router(kind))
            for kind in (Keepalived, Fairlead)]
    out += [("list", "VI-9 Master first", lists.changed_list), ("list-b", "VI-9 backups first", lists.changed_backups_first),
            ("list-x", "VI-9 excluded", lists.changed_by_exclusion), ("list-v", "VI-9 new VRID", lists.changed_by_new_vrid)]
    return out


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("peers", "needs root for network namespaces")
        cases.finish()
    wanted = [s for s in all_stories() if not sys.argv[1:] or s[0].startswith(tuple(sys.argv[1:]))]
    with World("peers") as world:
        tell(cases, world, wanted, at_once=len(wanted))
    cases.finish()


if __name__ == "__main__":
    main()
