"""FN-27: duplicate address detection finds an address of ours on another node."""
import time

from faults import DOWN_MS, Three, VIPS
from faults_address import shown
from routers import Fairlead
from world import set_sysctls, wait_for

# What a member says when it had to make an address again that was found elsewhere.
FOUND_ELSEWHERE = "DADFailed"
FIGHTS_A_MINUTE = 30


def put_back_over_and_over(story):
    """FN-27: x has one of the addresses; somebody puts ours back with duplicate address detection, which fails. a makes it again
    without; who has it the election says. Over and over: a hands the role over."""
    three = Three(story, Fairlead, 6)
    set_sysctls(story.segment.of["a"], {"net/ipv6/conf/eth1/accept_dad": 1, "net/ipv6/conf/eth1/router_solicitation_delay": 0})
    if not three.settle():
        return
    a, vip = three.programs["a"], three.vip
    three.ip("x", f"address add {vip}/128 dev eth1 nodad")

    def put_back():
        a.freeze()
        try:
            three.ip("a", f"address del {vip}/128 dev eth1")
            three.ip("a", f"address add {vip}/128 dev eth1")
        finally:
            a.thaw()

    def entry():
        found = [x for x in shown(story, "a", "address show dev eth1")[0]["addr_info"] if x["local"] == vip]
        return found[0] if found else {}

    def usable():
        return entry().get("dynamic") and not entry().get("tentative") and not entry().get("dadfailed")

    begun = time.monotonic_ns()
    put_back()
    story.eventually("detection fails, and a makes the address again",
                     lambda: a.logged("vrrp.address_restored", f"address={vip} ", "cause=duplicate"), 4)
    story.eventually("it is usable, with a finite life", usable, 1)
    told = [e for e in three.own().heard("b", "na", since=begun) if e["target"] == vip and e["smac"] == "02:00:00:00:00:01"]
    story.check("it is announced", told, len(told))
    story.check(f"condition {FOUND_ELSEWHERE} is there", FOUND_ELSEWHERE in a.problems("g"), a.problems("g"))
    story.check("a is Master as before", a.became("g") == 1 and a.state("g") == "Master", a.state("g"))
    story.check("b was never Master", three.programs["b"].became("g") == 0)
    rounds = 1
    while rounds < FIGHTS_A_MINUTE + 10 and a.state("g") == "Master":
        put_back()
        wait_for(usable, 3)
        rounds += 1
    counted = a.metric("fairlead_node_address_repairs_total", cause="duplicate")
    story.check(f"put back {FIGHTS_A_MINUTE} times in a minute, and no end: the role is handed over", a.reports("g")[-1].get("reason") == "HandedOver",
                (rounds, counted, a.reports("g")[-1]))
    story.eventually("b is Master", lambda: three.programs["b"].state("g") == "Master", 2)
    story.eventually("a holds nothing", lambda: not [v for v in VIPS[6] if "a" in story.ownership.holders(v)], 2)
    time.sleep(DOWN_MS / 1000 + 1)
    story.check("and stays Backup", a.state("g") == "Backup", a.state("g"))
