#!/usr/bin/python3
"""NAT over IPv6 on a real IPVS table and a real nf_tables, with IPv4 beside it: clients outside, on the member that holds the
VIP and on one that does not, real servers of their own and on either member. Runs as root in any kernel with IPVS; where this
one has none, it starts itself inside the virtual machine of tests/lab/vm. datapath.md 3, 5, 6, 10; FN-28."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/vm"]
from forwarding6_world import (  # noqa: E402
    A, BIG, CLIENT, EMPTY, FAR, N, NAMES, R1, R2, VIP, VIP4, address, advertise, at, build, default_route, remove, translate,
    translated)
from forwarding_world import BUILD, Forwarder, connect, sh, udp_answer, until  # noqa: E402
from labkit.cases import Cases  # noqa: E402

FORWARDING = "net.ipv6.conf.all.forwarding"
WEB, BIG_WEB, API = (f"TCP/{VIP}/{port}" for port in (80, 81, 6443))
WEB4 = f"TCP/{VIP4}/80"
BACKENDS = f"[{address(R1)}]:%d*1,[{address(R2)}]:%d*1"
SERVERS = (f"{WEB}/rr={BACKENDS % (80, 80)} {BIG_WEB}/rr={BACKENDS % (81, 81)} "
           f"{API}/rr=[{address(A)}]:6443*1,[{address(N)}]:6443*1 {WEB4}/rr=192.0.2.21:80*1,192.0.2.22:80*1")
BOTH = f"vip={VIP4},{VIP} {SERVERS}"
ALONE4 = f"vip={VIP4} {WEB4}/rr=192.0.2.21:80*1,192.0.2.22:80*1"


def prepare(name, *words):
    command = ["ip", "netns", "exec", name, f"{BUILD}/node/fairlead-node", "prepare-host", *words]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE)
    row = next((line for line in done.stdout.splitlines() if FORWARDING in line), "")
    return done.returncode, row, done.stdout.splitlines()[-1]


def setting(name, which=FORWARDING):
    return at(name, "sysctl -n " + which).strip()


def prepares(cases):
    code, row, _ = prepare(A, "--check")
    cases.check("prepare-host --check names the setting of IPv6", code == 1 and re.search(r" 1 +0 +WRONG", row), row)
    code, row, last = prepare(A)
    cases.check("prepare-host sets it", code == 0 and setting(A) == "1" and row.endswith(" set"), (code, row, last))
    prepare(N)


def keeps_routes(cases):
    """A host that forwards IPv6 takes no routes from routers any more, and loses what it has of them."""
    took = until(lambda: "proto ra" in advertise(), 15)
    cases.check("given: a host with its default route by router advertisement", took is not None, default_route())
    code, row, last = prepare(EMPTY)
    cases.check("prepare-host leaves it alone, and says what to do first",
                code == 0 and setting(EMPTY) == "0" and "first set net.ipv6.conf.eth0.accept_ra=2" in row, (code, row))
    cases.check("and ends well with a warning", "but for NAT over IPv6" in last, last)
    cases.check("--check agrees", prepare(EMPTY, "--check")[0] == 0)
    cases.check("the route is there", "proto ra" in default_route(), default_route())
    at(EMPTY, "sysctl -qw net.ipv6.conf.eth0.accept_ra=2")
    code, row, last = prepare(EMPTY)
    cases.check("with accept_ra=2 it is set, and the route stays",
                code == 0 and setting(EMPTY) == "1" and "proto ra" in default_route(), (code, row, default_route()))


def asked(client, vip=VIP, port=80, times=6):
    """The answers of so many connections: whose, the address and port that the server saw, and the client's own port."""
    return [(*answer.split(), own) for answer, own in (connect(vip, port, client=client) for _ in range(times))]


def names_of(answers):
    return sorted(answer[0] for answer in answers)


def table(name):
    return sorted(at(name, "ipvsadm -Sn").splitlines())


def forwards(cases, member, other):
    report = member.order(1, BOTH)
    cases.check("both families are ready, nothing is wrong",
                report.get("ready") == f"{VIP4},{VIP}" and report["problems"] == "", report)
    other.order(1, BOTH)
    cases.check("IPVS holds the service with its servers (-m)",
                [line for line in table(A) if f"-t [{VIP}]:80 " in line] ==
                [f"-A -t [{VIP}]:80 -s rr"] + [f"-a -t [{VIP}]:80 -r [{address(real)}]:80 -m -w 1" for real in (R1, R2)], table(A))
    for vip in (VIP, VIP4):
        answers = asked(CLIENT, vip)
        cases.check(f"{vip}: answers alternate between the real servers", names_of(answers) == ["r1"] * 3 + ["r2"] * 3, answers)
        cases.check(f"{vip}: real servers see the VIP as the client, and its own port (W1)",
                    all(answer[1:] == (vip, str(answer[-1]), answer[-1]) for answer in answers), answers[:2])


def from_everywhere(cases):
    """datapath.md 3, the column of NAT: outside, the host of the Active, the host of another member."""
    for client in (A, N):
        name = NAMES[client]
        answers = asked(client)
        cases.check(f"the host of {name} reaches both real servers", names_of(answers) == ["r1"] * 3 + ["r2"] * 3, answers)
    cases.check("a member that does not hold the VIP balances its own clients with its own address",
                all(answer[1] == address(N) for answer in asked(N)), asked(N))
    for client in (CLIENT, A, N):
        sh(f"ip -n {client} neigh flush dev eth0")  # neighbours are looked for through the guard's rules
        answers = asked(client, port=6443)
        cases.check(f"real servers on either member's host: reached from {NAMES.get(client, 'outside')}",
                    names_of(answers) == ["a"] * 3 + ["n"] * 3, answers)


def guards(cases):
    refused = connect(VIP, 22, client=CLIENT)[0]
    cases.check("guard: another port of the VIP is refused", refused == "ConnectionRefusedError", refused)
    silent = udp_answer(VIP, 9999, client=CLIENT)
    cases.check("guard: an unserved UDP port of the VIP is silent", silent == "TimeoutError", silent)
    cases.check("guard: ping reaches the VIP", " 0% packet loss" in at(CLIENT, f"ping -c 1 -W 3 {VIP}", check=False))
    cases.check("guard: the node's own address is not touched", connect(address(A), 22, client=CLIENT)[0] == "host")
    mac = at(A, "cat /sys/class/net/eth0/address").strip()
    for name in (CLIENT, R1):  # R1 asks for the VIP, whom it takes for its client
        sh(f"ip -n {name} neigh replace {VIP} lladdr {mac} dev eth0 nud probe", check=False)
        took = until(lambda name=name: "REACHABLE" in sh(f"ip -n {name} neigh show {VIP}"), 10)
        cases.check(f"guard: {name} finds the VIP reachable when it asks (neighbour discovery)", took is not None)
    shown = at(A, "nft list table inet fairlead")
    cases.check("guard: the floating address of the VIP is the VIP", f"{VIP} : {VIP}" in shown)


def large_answers(cases):
    """datapath.md 10.5: the router's message comes to the VIP, and must reach the server behind it."""
    before = packets_too_big()
    got, _ = connect(VIP, 81, 20, client=FAR)
    cases.check("an answer of packets too big for the way to the client comes whole", len(got) == BIG, got[:60])
    cases.check("because the router told the VIP, and the guard let that pass", packets_too_big() > before,
                f"{before} before, {packets_too_big()} after")


def packets_too_big():
    """Such messages that the servers have had."""
    return sum(int(line.split()[1]) for real in (R1, R2) for line in at(real, "cat /proc/net/snmp6").splitlines()
               if line.startswith("Icmp6InPktTooBigs "))


def forgets(cases, member):
    """kubernetes#101607: what kube-proxy translated would win over IPVS for as long as it lives."""
    for vip in (VIP, VIP4):
        for port in (90, 91):
            translate(vip, port)
            answer = connect(vip, port, client=CLIENT)[0]
            cases.check(f"given: somebody else translates {vip} port {port}", answer.startswith("r1") and translated(vip, port) == 1,
                        (answer, translated(vip, port)))
    for family in ("ip", "ip6"):
        at(A, f"nft delete table {family} somebody")
    more = f"TCP/{VIP}/90/rr={BACKENDS % (80, 80)} TCP/{VIP4}/90/rr=192.0.2.21:80*1"
    report = member.order(2, f"{BOTH} {more}")
    cases.check("virtual servers of those ports are ready", report.get("ready") == f"{VIP4},{VIP}" and report["problems"] == "", report)
    for vip in (VIP, VIP4):
        cases.check(f"{vip}: the translations of the served port are forgotten, those of another are not",
                    (translated(vip, 90), translated(vip, 91)) == (0, 1), (translated(vip, 90), translated(vip, 91)))


def settings(cases, other):
    """On the other member: nobody else's connections go through it."""
    at(N, f"sysctl -qw {FORWARDING}=0")
    report = other.order(2, ALONE4)
    cases.check("a member of IPv4 alone need not forward IPv6", report.get("problems") == "", report)
    report = other.order(3, BOTH)
    cases.check("NAT over IPv6 without it is a condition, and it is not written (FN-28)",
                report.get("problems") == "HostNotPrepared" and setting(N) == "0", report)
    cases.check("and that VIP is not ready there", report.get("ready") == VIP4, report)
    mismatch = other.metric(f'fairlead_node_sysctl_mismatch{{name="{FORWARDING}"}}')
    cases.check("and a metric", mismatch == 1, mismatch)
    at(N, f"sysctl -qw {FORWARDING}=1")
    report = other.order(4, BOTH)
    cases.check("once it is set nothing is wrong", report.get("problems") == "" and report["ready"] == f"{VIP4},{VIP}", report)


def ends(cases, members):
    for name, one in members.items():
        one.order(20, "vip=")
        one.say("held 20")
        took = until(lambda name=name: not table(name) and "fairlead" not in at(name, "nft list tables"), 5)
        cases.check(f"{NAMES[name]}: an empty plan leaves no service and no table", took is not None, table(name))
        one.end()


def main():
    subprocess.run(["modprobe", "-a", "ip_vs", "veth", "bridge"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("FORWARDING6_TEST_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(FORWARDING6_TEST_INSIDE="1", FAIRLEAD_BUILD=BUILD)
        vm = TREE + "/tests/lab/vm/run"
        os.execv(vm, [vm, "--timeout", "600", "--env", "FORWARDING6_TEST_INSIDE", "--env", "FAIRLEAD_BUILD", "--",
                      os.path.abspath(__file__)])
    cases = Cases()
    build()
    try:
        prepares(cases)
        keeps_routes(cases)
        member, other = Forwarder(A), Forwarder(N)
        forwards(cases, member, other)
        from_everywhere(cases)
        guards(cases)
        large_answers(cases)
        forgets(cases, member)
        settings(cases, other)
        ends(cases, {A: member, N: other})
    finally:
        remove()
    cases.finish()


if __name__ == "__main__":
    main()
