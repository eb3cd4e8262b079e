#!/usr/bin/python3
"""Real servers that leave, on a real IPVS table with connection tracking: client, node and two real servers as namespaces. Runs
as root in any kernel with IPVS; where this one has none, it starts itself inside the virtual machine of tests/lab/vm.
With FAIRLEAD_LONG=1 it also waits for the deadline, 300 s. datapath.md 1.11, 5, 10.6, 10.9; api.md, `drainSeconds`."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/vm"]
from drain_world import DNS, PORT, Flow, ask, flow_to, names, serve_echo, serve_name, weights  # noqa: E402
from forwarding_world import BUILD, NODE, REALS, VIP, Forwarder, build, node, remove, table, until  # noqa: E402
from labkit.cases import Cases  # noqa: E402

ECHO, NAMES = f"TCP/{VIP}/{PORT}", f"UDP/{VIP}/{DNS}"
BOTH, FIRST, SECOND = "10.0.0.1:{p}*1,10.0.0.2:{p}*1", "10.0.0.1:{p}*1", "10.0.0.2:{p}*1"
RESET = 10  # s that IPVS keeps a connection after a reset
SLACK = 6  # the audit looks each second, and the processor is emulated
REPAIRS, DRAINING = "fairlead_node_ipvs_repairs_total", "fairlead_node_ipvs_draining_destinations"


def plan(key, servers, scheduler="rr"):
    return f"vip={VIP} {key}/{scheduler}=" + servers.format(p=key.split("/")[2])


def drains(cases, one):
    one.order(1, plan(ECHO, BOTH))
    flow = flow_to("r1")
    cases.check("a connection is echoed byte for byte", flow.echoes())
    report = one.order(2, plan(ECHO, SECOND))
    cases.check("a server that leaves the plan gets weight 0 and stays", weights() == {1: 0, 2: 1}, weights())
    cases.check("it is not usable any more", report.get("usable") == ECHO + "=1", report)
    cases.check("its connection goes on byte for byte", flow.echoes(1_000_000))
    answers = [ask() for _ in range(12)]
    cases.check("new connections go to the other, not one is refused", answers == ["r2"] * 12, answers)
    cases.check("a gauge tells of it", one.metric(DRAINING) == 1, one.metric(DRAINING))
    node(f"ipvsadm -e -t {VIP}:{PORT} -r 10.0.0.1:{PORT} -m -w 5")
    took = until(lambda: weights() == {1: 0, 2: 1}, SLACK)
    cases.check("a weight that somebody gives it meanwhile is taken back", took is not None, weights())
    repairs = one.metric(REPAIRS)
    cases.check("which is a repair", repairs == 1, repairs)
    flow.reset()
    took = until(lambda: weights() == {2: 1}, RESET + SLACK)
    cases.check("once its connections have ended it is deleted", took is not None, weights())
    cases.check("which is none", one.metric(REPAIRS) == repairs and one.metric(DRAINING) == 0, one.metric(REPAIRS))


def comes_back(cases, one):
    one.order(3, plan(ECHO, BOTH))
    flow = flow_to("r1")
    one.order(4, plan(ECHO, SECOND))
    before = weights()
    one.order(5, plan(ECHO, BOTH))
    cases.check("one that comes back during its drain is simply back", before == {1: 0, 2: 1} and weights() == {1: 1, 2: 1},
                (before, weights()))
    answers = {ask() for _ in range(6)}
    cases.check("and serves new connections beside the old one", answers == {"r1", "r2"} and flow.echoes(), answers)
    flow.reset()


def last_server(cases, one):
    one.order(6, plan(ECHO, FIRST))
    until(lambda: weights() == {1: 1}, RESET + SLACK)
    flow = flow_to("r1")
    report = one.order(7, plan(ECHO, ""))
    answers = [ask() for _ in range(3)]
    cases.check("after the last server left new connections are refused at once, and the VIP stays ready",
                answers == ["ConnectionRefusedError"] * 3 and report["ready"] == VIP and report["problems"] == "", (answers, report))
    cases.check("the old one goes on", flow.echoes())
    flow.reset()


def hashing(cases, one):
    """T55: these send the one client to the one server; without the fallback flag it would be refused."""
    for number, scheduler in ((8, "mh"), (10, "sh")):
        one.order(number, plan(ECHO, BOTH, scheduler))
        flow = Flow()
        rest = "r2" if flow.server == "r1" else "r1"
        one.order(number + 1, plan(ECHO, SECOND if rest == "r2" else FIRST, scheduler))
        answers = [ask() for _ in range(12)]
        cases.check(f"{scheduler}: not one connection is refused for a server that is drained", answers == [rest] * 12, answers)
        cases.check(f"{scheduler}: its connection goes on", flow.echoes())
        flow.reset()


def udp(cases, one):
    """kubernetes#105192. IPVS keeps UDP for 5 s here, connection tracking for longer."""
    node("ipvsadm --set 0 0 5")
    one.order(12, plan(NAMES, FIRST))
    answers = names(2)
    cases.check("UDP is forwarded", answers == ["r1"] * 2, answers)
    one.order(13, plan(NAMES, SECOND))
    cases.check("a server of UDP is drained, too", weights("-u", DNS) == {1: 0, 2: 1}, weights("-u", DNS))
    took = until(lambda: weights("-u", DNS) == {2: 1}, 5 + SLACK)
    cases.check("once nobody has asked it for long enough it is deleted", took is not None, weights("-u", DNS))
    answers = names(3)
    cases.check("the same client on the same port is served by the other at once", answers == ["r2"] * 3, answers)
    one.order(14, plan(NAMES, BOTH) + f" pods={NAMES};10.0.0.2:{DNS}")
    one.order(15, plan(NAMES, FIRST))
    cases.check("a Pod of UDP goes at once", weights("-u", DNS) == {1: 1}, weights("-u", DNS))
    answers = names(3)
    cases.check("and its client is served by another at once", answers == ["r1"] * 3, answers)
    node("ipvsadm --set 0 0 300")


def gone(cases, one):
    one.order(16, plan(ECHO, BOTH) + f" pods={ECHO};10.0.0.1:{PORT}")
    flow = flow_to("r1")
    one.order(17, plan(ECHO, SECOND))
    cases.check("a Pod that is gone goes with its connections", weights() == {2: 1}, weights())
    cases.check("whose clients learn at once (expire_nodest_conn)", flow.has_ended())


def short(cases, one):
    one.order(18, plan(ECHO, BOTH) + f" traffic={ECHO};drain=4")
    flow = flow_to("r1")
    one.order(19, plan(ECHO, SECOND) + f" traffic={ECHO};drain=4")
    cases.check("with drainSeconds 4 a busy server stays", weights() == {1: 0, 2: 1} and flow.echoes(), weights())
    took = until(lambda: weights() == {2: 1}, 4 + SLACK)
    cases.check("for so long", took is not None and flow.has_ended(), took)


def killed(cases, one):
    """The daemon dies at each step of a drain; the plan goes on without it. 10.9."""
    one.order(20, plan(ECHO, BOTH))
    flow = flow_to("r1")
    one.end()
    two = Forwarder(NODE)
    two.order(1, plan(ECHO, SECOND) + f" owned={ECHO}")
    cases.check("killed before weight 0: the next run drains what left meanwhile", weights() == {1: 0, 2: 1} and flow.echoes(), weights())
    two.end()
    cases.check("killed during the drain: the connection goes on", weights() == {1: 0, 2: 1} and flow.echoes(), weights())
    three = Forwarder(NODE)
    three.order(1, plan(ECHO, SECOND) + f" owned={ECHO}")
    cases.check("and the next run goes on with it", weights() == {1: 0, 2: 1} and flow.echoes(), weights())
    flow.reset()
    took = until(lambda: weights() == {2: 1}, RESET + SLACK)
    cases.check("to its end", took is not None, weights())
    three.end()
    four = Forwarder(NODE)
    four.order(1, plan(ECHO, BOTH) + f" owned={ECHO}")
    cases.check("killed after the deletion: nothing is left of it, and it can come again", weights() == {1: 1, 2: 1}, weights())
    return four


def vip_goes(cases, one):
    flow = flow_to("r1")
    one.order(2, plan(ECHO, SECOND))
    one.order(3, "vip=")
    cases.check("while its VIP is held a drained server stays as it is", weights() == {1: 0, 2: 1}, weights())
    one.say("held 3")
    took = until(lambda: table() == [], SLACK)
    cases.check("with its VIP it goes at once, whatever it has", took is not None, table())
    flow.reset()


def deadline(cases, one):
    one.order(4, plan(ECHO, BOTH))
    flow = flow_to("r1")
    one.order(5, plan(ECHO, SECOND))
    early = until(lambda: weights() != {1: 0, 2: 1}, 295)
    cases.check("for 295 s a busy server stays", early is None and flow.echoes(), early)
    took = until(lambda: weights() == {2: 1}, 5 + SLACK)
    cases.check("after 300 s it goes with its connections", took is not None, weights())
    cases.check("whose clients learn at once (expire_nodest_conn)", flow.has_ended())


def main():
    subprocess.run(["modprobe", "ip_vs"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("DRAIN_TEST_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(DRAIN_TEST_INSIDE="1", FAIRLEAD_BUILD=BUILD, FAIRLEAD_LONG=os.environ.get("FAIRLEAD_LONG", ""))
        vm = TREE + "/tests/lab/vm/run"
        os.execv(vm, [vm, "--timeout", "900", "--env", "DRAIN_TEST_INSIDE", "--env", "FAIRLEAD_BUILD", "--env", "FAIRLEAD_LONG",
                      "--", os.path.abspath(__file__)])
    cases = Cases()
    build()
    try:
        subprocess.run(f"ip netns exec {NODE} {BUILD}/node/fairlead-node prepare-host".split(), check=True, stdout=subprocess.DEVNULL)
        for number, namespace in enumerate(REALS, 1):
            serve_echo(namespace, f"r{number}")
            serve_name(namespace, f"r{number}")
        one = Forwarder(NODE)
        for step in (drains, comes_back, last_server, hashing, udp, gone, short):
            step(cases, one)
        one = killed(cases, one)
        vip_goes(cases, one)
        if os.environ.get("FAIRLEAD_LONG") == "1":
            deadline(cases, one)
        one.end()
    finally:
        remove()
    cases.finish()


if __name__ == "__main__":
    main()
