#!/usr/bin/python3
"""20,000 real servers in a real IPVS table that somebody else flushes: the repair takes several turns of the forwarding thread, and
would take many if it did not go the way in which the kernel's list of deleted servers is short to search (datapath.md 4, "Trash").
Meanwhile orders are answered and the VIP stays ready. Runs as root in any kernel with IPVS; where this one has none, it starts itself
inside the virtual machine of tests/lab/vm.
FN-07, FN-08, FN-32; P-8, P-9, P-13, I-5."""
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from forwarding_world import BUILD, NODE, VIP, Forwarder, build, node, remove, until  # noqa: E402
from labkit.cases import Cases  # noqa: E402

SERVICES, SERVERS, FIRST = 1000, 20, 10000
PAUSE = 1  # to read the kernel's list takes the guest's one processor for a good part of a second
REPAIRS = "fairlead_node_ipvs_repairs_total"


def key(number):
    return f"TCP/{VIP}/{FIRST + number}"


def order_text(weight=1):
    """`weight`: of the first server of the first service; all others have 1."""
    servers = [f"10.0.0.{host}:80*1" for host in range(1, SERVERS + 1)]
    first = [f"10.0.0.1:80*{weight}"] + servers[1:]
    texts = [f"{key(number)}/rr={','.join(servers if number else first)}" for number in range(SERVICES)]
    return f"vip={VIP} " + " ".join(texts)


def counts():
    """How many servers each service has, of the kernel's own list, which is quicker than ipvsadm."""
    found = []
    for line in node("cat /proc/net/ip_vs").splitlines():
        words = line.split()
        if words and words[0] == "TCP":
            found.append(0)
        elif words and words[0] == "->" and found:
            found[-1] += 1
    return found


def whole():
    return counts() == [SERVERS] * SERVICES


def weight_of_first():
    lines = [line.split() for line in node(f"ipvsadm -Ln -t {VIP}:{FIRST}", check=False).splitlines()]
    return [words[3] for words in lines if words[:2] == ["->", "10.0.0.1:80"]]


def written(cases, one):
    begun = time.monotonic()
    one.order(1, order_text(), 120)
    ready = one.wait(lambda report: report["ready"] == VIP, 120)
    took = time.monotonic() - begun
    cases.check("20,000 real servers of 1,000 services are written, and then the VIP is ready", ready and whole(), f"{took:.2f} s")
    begun = time.monotonic()
    one.order(2, order_text(2), 60)
    took = time.monotonic() - begun
    cases.check("an order that changes one weight changes it", weight_of_first() == ["2"], f"{took:.3f} s, {weight_of_first()}")


def flushed(cases, one):
    problems = one.last["problems"]
    with one.news:
        del one.lines[:]
    begun = time.monotonic()
    node("ipvsadm -C")
    some = until(lambda: len(counts()) == SERVICES, 30)
    asked = time.monotonic()
    report = one.order(3, order_text(3), 30)
    answered = time.monotonic() - asked
    back = sum(counts())
    cases.check("after a flush every service is back", some is not None, some)
    cases.check("an order in the middle of the repair is answered, and carried out before it", answered < 5 and report and
                weight_of_first() == ["3"], f"{answered:.2f} s, then {back} servers were back")
    served = until(lambda: len(counts()) == SERVICES and min(counts()) > 0, 60, PAUSE)
    cases.check("every service has a server again", served is not None, f"{time.monotonic() - begun:.1f} s after the flush")
    cases.check("and all have all (I-5)", until(whole, 300, PAUSE) is not None, f"{time.monotonic() - begun:.1f} s after the flush")
    with one.news:
        reports = [line for line in one.lines if line.startswith("report ")]
    cases.check("no report took the readiness away", reports and all(f"ready={VIP} " in line + " " for line in reports), len(reports))
    cases.check("it is no fight, however long it takes (FN-08)", one.last["problems"] == problems, one.last["problems"])
    services, servers = (one.metric(f'{REPAIRS}{{cause="{cause}"}}') for cause in ("service_missing", "server_missing"))
    cases.check("each entry is counted once; the service of the order in between is that order's", services == SERVICES and
                SERVERS * (SERVICES - 1) <= servers <= SERVERS * SERVICES, (services, servers))


def main():
    subprocess.run(["modprobe", "ip_vs"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("SCALE_TEST_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(SCALE_TEST_INSIDE="1", FAIRLEAD_BUILD=BUILD)
        vm = TREE + "/tests/lab/vm/run"
        os.execv(vm, [vm, "--timeout", "900", "--env", "SCALE_TEST_INSIDE", "--env", "FAIRLEAD_BUILD", "--", os.path.abspath(__file__)])
    cases = Cases()
    build()
    try:
        node(f"{BUILD}/node/fairlead-node prepare-host", check=False)
        one = Forwarder(NODE)
        written(cases, one)
        flushed(cases, one)
        one.end()
    finally:
        remove()
    cases.finish()


if __name__ == "__main__":
    main()
