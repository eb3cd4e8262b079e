#!/usr/bin/python3
"""Source ranges on a real IPVS table and a real nf_tables: who may connect, while ranges change, and what is counted; and
connection tracking that is nearly full. The world of forwarding_test.py. Runs as root in any kernel with IPVS; where this one has
none, it starts itself inside the virtual machine of tests/lab/vm. datapath.md 5, 10.7, 10.8; api.md, `sourceRanges`; FN-09;
kubernetes#88698."""
import os
import socket
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/vm"]
from drain_world import PORT, Flow, serve_echo  # noqa: E402
from forwarding_world import BUILD, CLIENT, NODE, REALS, VIP, Forwarder, build, inside, node, remove, sh, until  # noqa: E402
from labkit.cases import Cases  # noqa: E402

WEB, ECHO = f"TCP/{VIP}/80", f"TCP/{VIP}/{PORT}"
MAY, MAY_NOT = "192.0.2.9", "192.0.2.10"  # the client's two addresses
SERVERS = f"vip={VIP} {WEB}/rr=10.0.0.1:80*1,10.0.0.2:80*1"
DROPPED = 'fairlead_node_guard_dropped_packets_total{family="IPv4",reason="source_range"}'
CHANGES = 40


def asks(source, seconds=1.5):
    """Who answers a client with that address, or the name of the error."""
    def work():
        try:
            with socket.create_connection((VIP, 80), seconds, source_address=(source, 0)) as one:
                return one.makefile().read().split()[0]
        except (OSError, IndexError) as error:
            return type(error).__name__

    return inside(CLIENT, work)


def connections():
    """How many IPVS has counted to the web server of the VIP."""
    for line in node("ipvsadm -Ln --stats --exact").splitlines():
        words = line.split()
        if words[:2] == ["TCP", f"{VIP}:80"]:
            return int(words[2])
    return None


def allowed():
    return node("nft list set inet fairlead allow4")


def from_the_first(cases, one):
    report = one.order(1, f"{SERVERS} ranges={WEB};{MAY}/32;198.51.100.0/24;198.51.100.7/32;2001:db8::/32")
    cases.check("with source ranges, some within others, the VIP is ready", report.get("ready") == VIP and report["problems"] == "",
                report)
    answers = [asks(MAY_NOT) for _ in range(2)]
    cases.check("a client outside of them gets no answer, not even a reset", answers == ["TimeoutError"] * 2, answers)
    cases.check("IPVS never saw it (T51)", connections() == 0, connections())
    answers = [asks(MAY) for _ in range(4)]
    cases.check("one within them is served", sorted(answers) == ["r1", "r1", "r2", "r2"], answers)
    count = until(lambda: (one.metric(DROPPED) or 0) >= 2, 5)
    cases.check("what was dropped is counted", count is not None, one.metric(DROPPED))


def while_they_change(cases, one):
    over, seen = threading.Event(), {MAY: [], MAY_NOT: []}

    def client(source):
        while not over.is_set():
            seen[source].append(asks(source, 10 if source == MAY else 0.3))

    threads = [threading.Thread(target=client, args=(source,)) for source in (MAY, MAY_NOT)]
    for thread in threads:
        thread.start()
    for number in range(CHANGES):
        more = ";198.51.100.0/24" if number % 2 else f";198.51.100.0/25;203.0.113.{number}/32"
        one.order(2 + number, f"{SERVERS} ranges={WEB};{MAY}/32{more}")
    over.set()
    for thread in threads:
        thread.join()
    failed = [answer for answer in seen[MAY] if answer not in ("r1", "r2")]
    cases.check(f"while ranges change {CHANGES} times nobody gets in who may not",
                len(seen[MAY_NOT]) > 5 and set(seen[MAY_NOT]) == {"TimeoutError"}, (len(seen[MAY_NOT]), set(seen[MAY_NOT])))
    cases.check("and no connection fails of those who may", len(seen[MAY]) > 10 and not failed, (len(seen[MAY]), failed[:5]))


def ends(cases, one):
    one.order(50, f"vip={VIP} {ECHO}/rr=10.0.0.1:{PORT}*1 ranges={ECHO};192.0.2.0/24")
    flow = Flow()
    cases.check("a connection of a client within its ranges", flow.echoes())
    one.order(51, f"vip={VIP} {ECHO}/rr=10.0.0.1:{PORT}*1 ranges={ECHO};198.51.100.0/24")
    cases.check("ends with its right", not flow.echoes(1000))
    flow.reset()
    one.order(52, f"{SERVERS} ranges={WEB};2001:db8::/32")
    cases.check("with ranges of the other family alone nobody gets in", asks(MAY) == "TimeoutError")
    one.order(53, SERVERS)
    cases.check("without any everybody does", {asks(MAY), asks(MAY_NOT)} <= {"r1", "r2"})
    cases.check("and nothing is left of them", "elements" not in allowed(), allowed())


def flushed(cases, one):
    one.order(54, f"{SERVERS} ranges={WEB};{MAY}/32")
    before = one.metric(DROPPED)
    node("nft flush ruleset")
    took = until(lambda: f"{VIP} . tcp . 80 . {MAY}" in allowed(), 2) if until(
        lambda: "fairlead" in node("nft list tables"), 2) is not None else None
    cases.check("after nft flush ruleset they are there again (FN-33)", took is not None, node("nft list tables"))
    cases.check("and hold", asks(MAY_NOT) == "TimeoutError" and asks(MAY) in ("r1", "r2"))
    took = until(lambda: one.metric(DROPPED) > before, 5)
    cases.check("what is counted goes on from where it was", took is not None, (before, one.metric(DROPPED)))


def nearly_full(cases, one):
    """FN-09. The limit is of the whole kernel, what is counted of each namespace."""
    limit = "net.netfilter.nf_conntrack_max"
    before = sh("sysctl -n " + limit).strip()

    def flows():
        for _ in range(90):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one_flow:
                one_flow.sendto(b"?", (VIP, 53))

    one.order(80, f"vip={VIP} UDP/{VIP}/53/rr=10.0.0.1:53*1")
    try:
        sh(f"sysctl -qw {limit}=100")
        inside(CLIENT, flows)
        report = one.wait(lambda r: r["problems"] == "ConntrackNearlyFull", 10)
        cases.check("connection tracking that is nearly full is a condition, and the VIP stays ready", report.get("ready") == VIP, one.last)
        entries = one.metric("fairlead_node_conntrack_entries")
        cases.check("and gauges", entries >= 80 and one.metric("fairlead_node_conntrack_limit") == 100, entries)
    finally:
        sh(f"sysctl -qw {limit}={before}")
    cases.check("it is over with that", one.wait(lambda r: r["problems"] == "", 10) != {}, one.last)


def main():
    subprocess.run(["modprobe", "ip_vs"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("CLIENTS_TEST_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(CLIENTS_TEST_INSIDE="1", FAIRLEAD_BUILD=BUILD)
        vm = TREE + "/tests/lab/vm/run"
        os.execv(vm, [vm, "--timeout", "600", "--env", "CLIENTS_TEST_INSIDE", "--env", "FAIRLEAD_BUILD", "--",
                      os.path.abspath(__file__)])
    cases = Cases()
    build()
    try:
        node(f"{BUILD}/node/fairlead-node prepare-host")
        sh(f"ip -n {CLIENT} addr add {MAY_NOT}/24 dev eth0")
        for number, namespace in enumerate(REALS, 1):
            serve_echo(namespace, f"r{number}")
        one = Forwarder(NODE)
        for step in (from_the_first, while_they_change, ends, flushed, nearly_full):
            step(cases, one)
        one.end()
    finally:
        remove()
    cases.finish()


if __name__ == "__main__":
    main()
