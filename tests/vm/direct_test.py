#!/usr/bin/python3
"""DirectRouting and TCP checks on a real IPVS table: client, director and two real servers that hold the VIPs on lo, all on
one segment, IPv4 and IPv6. Runs as root in any kernel with IPVS; where this one has none, it starts itself inside the virtual
machine of tests/lab/vm. datapath.md 3 (W3), 5, 9."""
import os
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/vm"]
from forwarding_world import BUILD, Forwarder, inside, sh, until  # noqa: E402
from labkit.cases import Cases  # noqa: E402

SEGMENT, CLIENT, NODE = "fairlead-ds", "fairlead-dc", "fairlead-dn"
REALS = ("fairlead-dr1", "fairlead-dr2")
VIP, VIP6 = "192.0.2.100", "2001:db8::100"
WEB, WEB6 = f"TCP/{VIP}/80", f"TCP/{VIP6}/80"
SERVERS = ("192.0.2.21", "192.0.2.22")
FOUR = f"{WEB}/rr=192.0.2.21:80*1,192.0.2.22:80*1"
SIX = f"{WEB6}/rr=[2001:db8::21]:80*1,[2001:db8::22]:80*1"
WORST = 1 + 1 + 1 * (1 + 1)  # interval + timeout + retries x (delay + timeout) of the forwarder's checks
SLACK = 5  # the processor is emulated


def node(command, check=True):
    return sh(f"ip netns exec {NODE} {command}", check)


class Server:
    """Answers each connection with its name and whom it sees, then echoes line by line until the client leaves."""

    def __init__(self, namespace, name):
        self.namespace, self.name, self.listener = namespace, name, None
        self.listen()

    def listen(self):
        def work():
            made = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
            made.settimeout(0.1)
            return made
        self.listener = inside(self.namespace, work)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                one, peer = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self.serve, args=(one, peer), daemon=True).start()

    def serve(self, one, peer):
        try:
            with one:
                one.settimeout(60)
                one.sendall(f"{self.name} {peer[0].removeprefix('::ffff:')} {peer[1]}\n".encode())
                while line := one.recv(100):
                    one.sendall(line)
        except OSError:
            pass  # a check, or a client that is gone

    def stop(self):
        self.listener.close()


class Client:
    """A connection from the client's namespace: its own port and the first line, or the name of the error."""

    def __init__(self, address, port=80):
        def work():
            try:
                made = socket.create_connection((address, port), 3)
                made.settimeout(3)
                return made, made.getsockname()[1], made.recv(100).decode().split()
            except OSError as error:
                return None, 0, [type(error).__name__]
        self.socket, self.port, self.answer = inside(CLIENT, work)

    def echo(self):
        try:
            self.socket.sendall(b"still there\n")
            return self.socket.recv(100) == b"still there\n"
        except OSError:
            return False

    def close(self):
        if self.socket:
            self.socket.close()


def ask(address, port=80):
    one = Client(address, port)
    one.close()
    return one.answer


def remove():
    there = sh("ip netns list").split()
    for name in (SEGMENT, CLIENT, NODE) + REALS:
        if name in there:
            sh("ip netns del " + name)


def build():
    remove()
    for name in (SEGMENT, CLIENT, NODE) + REALS:
        sh("ip netns add " + name)
        sh(f"ip -n {name} link set lo up")
    sh(f"ip -n {SEGMENT} link add br0 type bridge")
    sh(f"ip -n {SEGMENT} link set br0 up")
    for name, host in ((CLIENT, "9"), (NODE, "1"), (REALS[0], "21"), (REALS[1], "22")):
        sh(f"ip -n {SEGMENT} link add p{host} type veth peer name eth0 netns {name}")
        sh(f"ip -n {SEGMENT} link set p{host} master br0 up")
        sh(f"ip -n {name} addr add 192.0.2.{host}/24 dev eth0")
        sh(f"ip -n {name} addr add 2001:db8::{host}/64 dev eth0 nodad")
        sh(f"ip -n {name} link set eth0 up")
    for real in REALS:
        for name, value in (("arp_ignore", 1), ("arp_announce", 2)):
            sh(f"ip netns exec {real} sysctl -qw net.ipv4.conf.all.{name}={value}")
        sh(f"ip -n {real} addr add {VIP}/32 dev lo")
        sh(f"ip -n {real} addr add {VIP6}/128 dev lo")
    sh(f"ip -n {NODE} addr add {VIP}/32 dev eth0")
    # As the daemon adds it: a preferred one would be the source of the checks, and the servers hold it themselves.
    sh(f"ip -n {NODE} addr add {VIP6}/128 dev eth0 nodad preferred_lft 0")


def table():
    return sorted(node("ipvsadm -Sn").splitlines())


def weights():
    """What IPVS gives each IPv4 server, by its address."""
    words = [line.split() for line in table() if line.startswith(f"-a -t {VIP}:80 ")]
    return {word[4].rsplit(":", 1)[0]: int(word[-1]) for word in words}


def counted(address):
    """IPVS' counters of that VIP: connections, packets in, packets out."""
    where = f"[{address}]:80" if ":" in address else f"{address}:80"
    for line in node("ipvsadm -Ln --stats --exact").splitlines():
        words = line.split()
        if words[:2] == ["TCP", where]:
            return tuple(int(word) for word in words[2:5])
    return 0, 0, 0


def forwards(cases, one):
    report = one.order(1, f"vip={VIP},{VIP6} {FOUR} {SIX} direct={WEB},{WEB6}")
    cases.check("DirectRouting of both families is ready, nothing is wrong",
                report.get("ready") == f"{VIP},{VIP6}" and report["problems"] == "", report)
    cases.check("IPVS hands packets on as they came (-g)",
                [line for line in table() if VIP in line] == [f"-A -t {VIP}:80 -s rr"] +
                [f"-a -t {VIP}:80 -r {server}:80 -g -w 1" for server in SERVERS], table())
    for address, client in ((VIP, "192.0.2.9"), (VIP6, "2001:db8::9")):
        asked = [Client(address) for _ in range(6)]
        names = [one.answer[0] for one in asked]
        cases.check(f"{address}: answers alternate between the real servers", sorted(names) == ["r1"] * 3 + ["r2"] * 3, names)
        cases.check(f"{address}: servers see the client's own address and port (W3)",
                    all(one.answer[1:] == [client, str(one.port)] for one in asked), [one.answer for one in asked][:2])
        for connection in asked:
            connection.close()
        # The kernel's counters move every 2 s.
        until(lambda where=address: counted(where)[0] >= 6, 6)
        connections, _, out = counted(address)
        cases.check(f"{address}: no reply comes through the director", connections >= 6 and out == 0, counted(address))


def guards(cases):
    listener = inside(NODE, lambda: socket.create_server(("::", 22), family=socket.AF_INET6, dualstack_ipv6=True))
    for address, own in ((VIP, "192.0.2.1"), (VIP6, "2001:db8::1")):
        refused = ask(address, 22)
        cases.check(f"{address}: another port of the VIP is refused", refused == ["ConnectionRefusedError"], refused)
        cases.check(f"{address}: ping reaches it",
                    " 0% packet loss" in sh(f"ip netns exec {CLIENT} ping -c 1 -W 3 {address}", check=False))
        reached = inside(CLIENT, lambda where=own: socket.create_connection((where, 22), 3).close() is None)
        cases.check(f"{own}: the node's own address is not touched", reached)
    listener.close()
    # A neighbour that has known the VIP for long asks it directly whether it is still there.
    mac = node("cat /sys/class/net/eth0/address").strip()
    sh(f"ip -n {CLIENT} neigh replace {VIP6} lladdr {mac} dev eth0 nud probe", check=False)
    took = until(lambda: "REACHABLE" in sh(f"ip -n {CLIENT} neigh show {VIP6}"), 10)
    cases.check(f"{VIP6}: the guard lets neighbour discovery pass", took is not None, sh(f"ip -n {CLIENT} neigh show {VIP6}"))


def checks(cases, one, servers):
    one.order(2, f"vip={VIP},{VIP6} {FOUR} {SIX} direct={WEB},{WEB6}")
    report = one.order(3, f"vip={VIP},{VIP6} {FOUR} {SIX} direct={WEB},{WEB6} checked={WEB},{WEB6}")
    cases.check("servers that serve get their checks without a pause", report.get("usable") == f"{WEB}=2,{WEB6}=2",
                report.get("usable"))
    held = next(c for c in (Client(VIP) for _ in range(4)) if c.answer[0] == "r1")
    dead = time.monotonic()
    servers[0].stop()
    took = until(lambda: weights() == {SERVERS[0]: 0, SERVERS[1]: 1}, WORST + SLACK)
    cases.check(f"a server that stops listening has weight 0 in at most {WORST} s", took is not None and took <= WORST + SLACK,
                took)
    print(f"detection: {time.monotonic() - dead:.2f} s, worst {WORST} s", flush=True)
    healths = one.wait(lambda r: r["usable"] == f"{WEB}=1,{WEB6}=1", WORST + SLACK).get("healths", "")
    cases.check("the report names it", "192.0.2.21:80=Down" in healths and "192.0.2.22:80=Up" in healths, healths)
    names = [ask(VIP)[0] for _ in range(8)] + [ask(VIP6)[0] for _ in range(4)]
    cases.check("from then on not one request fails", names == ["r2"] * 12, names)
    cases.check("its connection goes on (onUnhealthy: Drain)", held.echo())
    held.close()
    servers[0].listen()
    took = until(lambda: weights() == {SERVERS[0]: 1, SERVERS[1]: 1}, 1 + SLACK)
    cases.check("once it listens again it has its weight again, within its interval", took is not None, took)
    answers = {ask(VIP)[0] for _ in range(4)}
    cases.check("and serves", answers == {"r1", "r2"}, answers)
    repairs = one.metric("fairlead_node_ipvs_repairs_total")
    cases.check("none of that counts as a repair", repairs == 0, repairs)


def restarts(cases, one, servers):
    """What is known survives: the table in the kernel says it."""
    servers[1].stop()
    until(lambda: weights() == {SERVERS[0]: 1, SERVERS[1]: 0}, WORST + SLACK)
    one.end()
    two = Forwarder(NODE)
    report = two.order(1, f"vip={VIP} owned={WEB},{WEB6} {FOUR} direct={WEB} checked={WEB}")
    cases.check("the next run serves on what was up, and leaves out what was down",
                report.get("usable") == WEB + "=1" and weights() == {SERVERS[0]: 1, SERVERS[1]: 0}, (report, weights()))
    two.say(f"held 1 {VIP}")
    servers[1].listen()
    took = until(lambda: weights() == {SERVERS[0]: 1, SERVERS[1]: 1}, 1 + SLACK)
    cases.check("which comes back when it answers", took is not None, took)
    return two


def refuses(cases, one):
    report = one.order(2, f"vip={VIP} {WEB}/rr=192.0.2.1:80*1,192.0.2.22:80*1 direct={WEB}")
    cases.check("DirectRouting to this very node is a condition, and it is never ready",
                report["ready"] == "" and report["problems"] == "NotYetSupported" and report["programmed"] == "", report)
    sh(f"ip -n {NODE} addr add 192.0.2.22/32 dev lo")
    report = one.order(3, f"vip={VIP} {WEB}/rr=192.0.2.22:80*1 direct={WEB}")
    cases.check("the same where the address is on its loopback interface", report["problems"] == "NotYetSupported", report)
    sh(f"ip -n {NODE} addr del 192.0.2.22/32 dev lo")
    one.order(4, "vip=")
    one.say("held 4")
    took = until(lambda: not table() and "fairlead" not in node("nft list tables"), 5)
    cases.check("an empty plan leaves no service and no table", took is not None, table())
    one.end()


def main():
    subprocess.run(["modprobe", "ip_vs"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("DIRECT_TEST_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(DIRECT_TEST_INSIDE="1", FAIRLEAD_BUILD=BUILD)
        vm = TREE + "/tests/lab/vm/run"
        os.execv(vm, [vm, "--timeout", "600", "--env", "DIRECT_TEST_INSIDE", "--env", "FAIRLEAD_BUILD", "--",
                      os.path.abspath(__file__)])
    cases = Cases()
    build()
    try:
        node(f"{BUILD}/node/fairlead-node prepare-host")
        servers = [Server(real, f"r{number}") for number, real in enumerate(REALS, 1)]
        one = Forwarder(NODE)
        forwards(cases, one)
        guards(cases)
        checks(cases, one, servers)
        refuses(cases, restarts(cases, one, servers))
    finally:
        remove()
    cases.finish()


if __name__ == "__main__":
    main()
