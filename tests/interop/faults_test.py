#!/usr/bin/python3
"""The faults of failure-model.md 3 that belong to VRRP, on real links, many at once; keepalived goes through the deadly ones as
positive control: the checkers must report its left-over address and its two holders."""
import os
import sys

import faults_address as address
import faults_announce as announce
import faults_asked as asked
import faults_churn as churn
import faults_death as death
import faults_detection as detection
import faults_flood as flood
import faults_foreign as foreign
import faults_interface as interface
import faults_link as link
import faults_load as load
import faults_long as long
import faults_lost as lost
import faults_odd as odd
import faults_old as old
import faults_owner as owner
import faults_preempt as preempt
import faults_resume as resume
import faults_sleep as sleep
import faults_source as source
import faults_starved as starved
import faults_switch as switch
import faults_tracked as tracked
from routers import Fairlead, Keepalived
from stories import tell
from world import Cases, LONG, World


def all_stories():
    out = []
    for kind, short in ((Fairlead, "f"), (Keepalived, "k")):
        who = kind.__name__
        for family in (4, 6):
            out.append((f"kill-{short}{family}", f"FN-01 {who} IPv{family}", death.killed(kind, family)))
            out.append((f"stop-{short}{family}", f"FN-02 SIGSTOP {who} IPv{family}", death.frozen(kind, family, "signal")))
            out += [(f"asked-{short}{family}-{n}", f"I-1 {who} IPv{family} {how}", asked.asked(kind, family, how))
                    for n, how in enumerate(("kill -9", "SIGSTOP"), 1)]
            out.append((f"freeze-{short}{family}", f"FN-02 cgroup {who} IPv{family}", death.frozen(kind, family, "cgroup")))
        out.append((f"up-{short}4", f"FN-05 deaf port {who}", link.deaf_after_link_up(kind, 4, 4.5)))
    for family in (4, 6):
        out += local_stories(family)
        out += [(f"churn-{n}{family}", f"addresses change, {how} IPv{family}", churn.died(how, family, churn.Addresses))
                for n, how in enumerate((churn.KILL, churn.STOP), 1)]
        out += [(f"fast-{n}{family}", f"I-1 at 250 ms IPv{family} {how}", asked.fast(family, how))
                for n, how in enumerate(("kill -9", "SIGSTOP"), 1)]
    out.append(("moment", "FN-02 moments", death.frozen_for_a_moment))
    out += [(f"news{family}", f"FN-04 IPv{family}", death.missed_news(family)) for family in (4, 6)]
    for family in (4, 6):
        out += link_stories(family)
    out += [(f"snoop{family}", f"FN-14 snooping IPv{family}", link.snooping(family)) for family in (4, 6)]
    out += [(f"equal-{first}", f"FN-19 {first} first", link.equal_at_once(first)) for first in ("a", "b")]
    for family in (4, 6):
        out.append((f"own{family}", f"FN-26 IPv{family}", address.never_the_nodes_own(family)))
        out.append((f"gone{family}", f"FN-06 once IPv{family}", address.removed_once(family)))
        out.append((f"told{family}", f"FN-31 IPv{family}", address.announcements(family)))
        out.append((f"querier{family}", f"FN-14 no querier IPv{family}", switch.no_querier(family)))
        out.append((f"filter{family}", f"FN-14 filtered IPv{family}", switch.filtering(family)))
        out.append((f"clone{family}", f"FN-18 own address IPv{family}", odd.own_address(family)))
        out.append((f"two{family}", f"FN-18 two daemons of one name and address IPv{family}", odd.two_of_one_name(family)))
        out.append((f"zero{family}", f"priority 0 IPv{family}", odd.priority_zeros(family)))
    out.append(("elsewhere", "FN-27", detection.put_back_over_and_over))
    for family in (4, 6):
        out += [(f"flush{family}", f"FN-06 flush IPv{family}", address.flushed(family)),
                (f"loop{family}", f"FN-06 loop IPv{family}", address.removed_for_ever(family))]
    out.append(("many", "FN-23", address.too_many))
    out += [("eighty", "80 VIPs", load.many_addresses), ("over", "I-3 200 VIPs", load.handed_over),
            ("beside", "a change every second", load.change_beside),
            ("swap", "two VRIDs swapped", load.swapped)]
    return out


def local_stories(family):
    """Restarts, interfaces and what others put on them."""
    v = f"IPv{family}"
    return [(f"resume{family}-1000", f"FN-01 resume {v} 1000 ms", resume.resumed(family, 1000)),
            (f"made{family}", f"interface made later {v}", interface.made_later(family)),
            (f"name{family}", f"interface renamed {v}", interface.renamed(family)),
            (f"remade{family}", f"interface made anew {v}", interface.remade_while_the_peer_moves(family)),
            (f"foreign{family}", f"I-6 {v}", foreign.untouched(family, family)),
            (f"taken{family}", f"FN-34 {v}", foreign.taken_already(family)),
            (f"untagged{family}", f"old kernel {v}", old.untagged(family))]


def link_stories(family):
    """Links that flap or split, rivals, strangers."""
    v = f"IPv{family}"
    out = [(f"down-{side}{family}", f"FN-05 {side} side {v}", link.link_down(side, family)) for side in ("own", "far")]
    out += [(f"flaps{family}", f"FN-05 flaps {v}", link.quick_flaps(family))]
    out += [(f"split-{first}{family}", f"FN-11 {first} speaks first {v}", link.partition(first, family)) for first in ("a", "b")]
    out += [(f"oneway{i}-{family}", f"FN-14 {how} {v}", link.one_way(how, family))
            for i, how in enumerate(("b is deaf", "a is deaf", "a is mute"), 1)]
    out += [(f"equal{family}", f"FN-19 {v}", link.equal(family))]
    out += [(f"strange-{when}{family}", f"FN-21 {when} {v}", link.stranger(when, family)) for when in ("before", "after")]
    if family == 6:
        out += [("up-f6", "FN-05 deaf port Fairlead IPv6", link.deaf_after_link_up(Fairlead, 6, 4.5))]
    return out


def router_stories():
    """What a router does by its configuration and its surroundings."""
    out = [("track4", "trackInterfaces, weight 0", tracked.released(4)), ("track6", "trackInterfaces, weight -60", tracked.outranked(6))]
    out += [(f"unheard{family}", f"FN-35 IPv{family}", lost.unheard(family)) for family in (4, 6)]
    out += [(f"between{n}", f"FN-02 in the call IPv{family}", lost.between(family, seconds))
            for n, (family, seconds) in enumerate(((4, 1), (6, 2.5), (4, 5)), 1)]
    out.append(("slept", "FN-01 slept", sleep.no_resume))
    out += [("ownerk", "owner beside keepalived", owner.beside_keepalived(255)), ("ownerkk", "keepalived is owner", owner.beside_keepalived(150))]
    out += [(f"both255-{first}", f"keepalived and we are owners, {first} first", owner.both_say_255(first)) for first in ("f", "k")]
    for family in (4, 6):
        out += [(f"owner{family}", f"owner IPv{family}", owner.alone(family)), (f"owners{family}", f"two owners IPv{family}", owner.two(family))]
    out += [(f"source{family}", f"own address replaced IPv{family}", source.replaced(family)) for family in (4, 6)]
    out.append(("delay", "preemptDelaySeconds", preempt.delayed(4)))
    out += [(f"cancel{family}", f"rounds end IPv{family}", announce.cancelled(family)) for family in (4, 6)]
    out.append(("noarp", "no ARP", announce.without_arp))
    return out


def long_stories():
    out = []
    for family in (4, 6):
        out += [(f"kills{family}-{addresses}-{seed}", f"I-2 IPv{family}, {addresses} addresses, seed {seed}",
                 long.killed_again_and_again(family, addresses, seed)) for addresses, seed in ((1, 1), (1, 2), (1, 3), (20, 4), (80, 5))]
        out += [(f"freezes{family}-{seed}", f"I-1 IPv{family}, seed {seed}", long.frozen_for_so_long(family, seed))
                for seed in (1, 2, 3)]
        out.append((f"deaf30-{family}", f"FN-05 deaf port for 30 s IPv{family}", link.deaf_after_link_up(Fairlead, family, 30)))
    return out


def restart_stories():
    """A daemon has a quarter of a second to be back in: not among all the others."""
    out = []
    for family in (4, 6):
        v = f"IPv{family}"
        out += [(f"resume{family}-250", f"FN-01 resume {v} 250 ms", resume.resumed(family, 250)),
                (f"late{family}", f"FN-01 too late {v}", resume.too_late(family)),
                (f"rival{family}", f"FN-01 rival heard {v}", resume.rival_heard(family))]
    return out


def link_lock_stories():
    """The lock that they take is the whole machine's."""
    deaths = [(churn.KILL, 4), (churn.STOP, 6)] + ([(churn.KILL, 6), (churn.STOP, 4)] if LONG else [])
    return [(f"links-{n}{family}", f"links are made and removed, {how} IPv{family}", churn.died(how, family, churn.Links))
            for n, (how, family) in enumerate(deaths, 1)]


# Of some 130 stories: more of them make each other late on two processors.
AT_ONCE = 70
# They take both processors for themselves: the timing of the others would be void.
ALONE = (("flood", "FN-20", flood.flood), ("starved", "FN-29", starved.starved), ("budget", "1500 VIPs announced", announce.thousands))


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("faults", "needs root for network namespaces")
        cases.finish()
    def wanted(stories):
        return [s for s in stories if not sys.argv[1:] or s[0].startswith(tuple(sys.argv[1:]))]
    with World("faults") as world:
        together = wanted(all_stories() + router_stories() + (long_stories() if LONG else []))
        tell(cases, world, together, at_once=AT_ONCE)
        tell(cases, world, wanted(restart_stories()), at_once=2)
        tell(cases, world, wanted(link_lock_stories()), at_once=2)
        tell(cases, world, wanted(ALONE), at_once=1)
    cases.finish()


if __name__ == "__main__":
    main()
