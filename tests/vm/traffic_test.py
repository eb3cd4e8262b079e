#!/usr/bin/python3
"""Persistence, scheduler flags, connection limits and one-packet on a real IPVS table: what the order says, what the kernel has, and what
clients see of it. The world of forwarding_test.py (NAT), then that of direct_test.py (one-packet). Runs as root in any kernel
with IPVS; where this one has none, it starts itself inside the virtual machine of tests/lab/vm. datapath.md 4; api.md, VirtualIP."""
import os
import socket
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/vm"]
import direct_test as direct  # noqa: E402
from forwarding_world import (  # noqa: E402
    BUILD, CLIENT, NODE, REALS, VIP, Forwarder, build, inside, node, remove, service, sh, udp_answer, until)
from labkit.cases import Cases  # noqa: E402

WEB, NEAR, ALONE, HELD = (f"TCP/{VIP}/{port}" for port in (80, 8081, 8082, 8083))
DNS = f"UDP/{VIP}/53"
BOTH = "10.0.0.1:80*1,10.0.0.2:80*1"
SECOND = "192.0.2.10"  # the client's other address, in the /24 of its first
HOLDING = 81  # of the real servers
WORST = 60  # that the kernel keeps what an entry of another leans on; the processor is emulated


def answer_datagrams(namespace, address, name):
    """A UDP server on port 53 for the rest of the run."""
    def bound():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((address, 53))
        return made

    made = inside(namespace, bound)

    def loop():
        while True:
            made.sendto(name.encode(), made.recvfrom(100)[1])

    threading.Thread(target=loop, daemon=True).start()


def hold_connections(namespace, name):
    """A TCP server that says its name, then sends back what it gets until the client leaves."""
    listener = inside(namespace, lambda: socket.create_server(("0.0.0.0", HOLDING), backlog=64))

    def serve(one):
        try:
            with one:
                one.sendall(name.encode())
                while data := one.recv(100):
                    one.sendall(data)
        except OSError:
            pass  # a client that is gone

    def loop():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


class Held:
    """A client that stays: its server's name, or the name of the error."""

    def __init__(self):
        def work():
            try:
                made = socket.create_connection((VIP, 8083), 3)
                return made, made.recv(100).decode()
            except OSError as error:
                return None, type(error).__name__

        self.socket, self.answer = inside(CLIENT, work)

    def echo(self):
        try:
            self.socket.sendall(b"there\n")
            return self.socket.recv(100) == b"there\n"
        except OSError:
            return False

    def reset(self):
        """Over at once: IPVS keeps what was closed for minutes, and what was reset for seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def asked(port, count, source=""):
    """Who answered that many connections, one after the other."""
    def work():
        names = []
        for _ in range(count):
            try:
                with socket.create_connection((VIP, port), 3, source_address=(source, 0)) as one:
                    names.append(one.makefile().read().split()[0])
            except (OSError, IndexError) as error:
                names.append(type(error).__name__)
        return names

    return inside(CLIENT, work)


def limits(port):
    """What IPVS says of each real server: (upper, lower)."""
    found, ours = {}, False
    for line in node("ipvsadm -Ln --thresholds").splitlines():
        words = line.split()
        if words[:1] in (["TCP"], ["UDP"]):
            ours = words[1] == f"{VIP}:{port}"
        elif ours and words[:1] == ["->"]:
            found[words[1]] = (int(words[2]), int(words[3]))
    return found


def connections(run, where):
    return [line for line in run("ipvsadm -Lnc").splitlines() if where in line]


def shown(cases, one):
    report = one.order(1, f"vip={VIP} {WEB}/mh={BOTH} traffic={WEB};persistence=60;prefix=24;mh-port;upper=4;lower=2")
    line = service(VIP)[0]
    cases.check("the service is ready, nothing is wrong", report.get("ready") == VIP and report["problems"] == "", report)
    cases.check("IPVS has the persistence with its prefix", "-p 60" in line and "-M 255.255.255.0" in line, line)
    cases.check("IPVS has the flags of the scheduler, its fallback among them", "mh-fallback" in line and "mh-port" in line, line)
    cases.check("IPVS has the limits of every server", limits(80) == {"10.0.0.1:80": (4, 2), "10.0.0.2:80": (4, 2)}, limits(80))
    time.sleep(2.2)
    repairs = one.metric("fairlead_node_ipvs_repairs_total")
    cases.check("the audit finds what was written, and repairs nothing", repairs == 0, repairs)
    node(f"ipvsadm -E -t {VIP}:80 -s mh")
    took = until(lambda: service(VIP)[:1] == [line], 5)
    cases.check("persistence that others take away is put back (FN-07)", took is not None, took or service(VIP))
    one.order(2, f"vip={VIP} {WEB}/mh={BOTH}")
    cases.check("taken back, nothing of it is left", service(VIP)[0] == f"-A -t {VIP}:80 -s mh -b mh-fallback" and
                set(limits(80).values()) == {(0, 0)}, (service(VIP), limits(80)))


def stays(cases, one):
    one.order(3, f"vip={VIP} {WEB}/rr={BOTH} traffic={WEB};persistence=600")
    names = asked(80, 6)
    cases.check("a persistent client stays with its server", len(set(names)) == 1 and names[0] in ("r1", "r2"), names)
    mine, other = ("10.0.0.1", "r2") if names[0] == "r1" else ("10.0.0.2", "r1")
    one.order(4, f"vip={VIP} {WEB}/rr={BOTH.replace(mine + ':80*1', mine + ':80*0')} traffic={WEB};persistence=600")
    names = asked(80, 4)
    cases.check("a server of weight 0 loses its persistent clients, too (T58)", names == [other] * 4, names)
    one.order(5, f"vip={VIP} {WEB}/rr={BOTH} traffic={WEB};persistence=600")
    names = asked(80, 4)
    cases.check("and they stay where they went", names == [other] * 4, names)


def prefixes(cases, one):
    one.order(6, f"vip={VIP} {NEAR}/rr={BOTH} {ALONE}/rr={BOTH} traffic={NEAR};persistence=600;prefix=24 traffic={ALONE};persistence=600")
    near = asked(8081, 2) + asked(8081, 2, SECOND)
    cases.check("clients of one prefix have one server", len(set(near)) == 1 and near[0] in ("r1", "r2"), near)
    first, second = asked(8082, 2), asked(8082, 2, SECOND)
    cases.check("without a prefix each has its own", len(set(first)) == len(set(second)) == 1 and
                {first[0], second[0]} == {"r1", "r2"}, (first, second))


def ends(cases, one):
    node("ipvsadm --set 0 0 1")  # what a datagram begins is over after a second; a TCP connection leans on its client's entry longer
    one.order(7, f"vip={VIP} {DNS}/rr=10.0.0.1:53*1,10.0.0.2:53*1 traffic={DNS};persistence=3")
    names = [udp_answer(VIP, 53) for _ in range(4)]
    cases.check("a persistent client of UDP stays with its server", len(set(names)) == 1 and names[0] in ("r1", "r2"), names)
    begun = time.monotonic()
    took = until(lambda: not connections(node, f"{VIP}:53"), WORST + 30)
    cases.check("the kernel forgets it after the timeout, not before", took is not None and time.monotonic() - begun > 1.5, took)
    then = udp_answer(VIP, 53)
    cases.check("then it is scheduled anew", {names[0], then} == {"r1", "r2"}, then)


def limited(cases, one):
    for number, real in enumerate(REALS, 1):
        hold_connections(real, f"r{number}")
    servers = f"vip={VIP} {HELD}/rr=10.0.0.1:{HOLDING}*1,10.0.0.2:{HOLDING}*1"
    one.order(8, f"{servers} traffic={HELD};upper=1")
    two = [Held(), Held()]
    cases.check("a server at its limit is passed over", sorted(client.answer for client in two) == ["r1", "r2"],
                [client.answer for client in two])
    refused = Held()
    cases.check("with every server at its limit the next client is refused", refused.answer == "ConnectionRefusedError",
                refused.answer)
    one.order(9, f"{servers} traffic={HELD};upper=2")
    third = Held()
    cases.check("a limit that is raised lets it in", third.answer in ("r1", "r2"), third.answer)
    cases.check("and nobody's connection breaks for that", all(client.echo() for client in two + [third]))
    fourth, refused = Held(), Held()
    cases.check("until every server has as many", fourth.answer in ("r1", "r2") and refused.answer == "ConnectionRefusedError",
                (fourth.answer, refused.answer))
    for client in two + [third, fourth]:
        client.reset()
    took = until(lambda: Held().answer in ("r1", "r2"), WORST)
    cases.check("once its connections are over a server gets some again", took is not None, took)


def one_packet(cases):
    for number, real in enumerate(direct.REALS, 1):
        answer_datagrams(real, direct.VIP, f"r{number}")
    key = f"UDP/{direct.VIP}/53"
    servers = f"vip={direct.VIP} {key}/rr=192.0.2.21:53*1,192.0.2.22:53*1 direct={key}"
    one = Forwarder(direct.NODE)

    def datagrams():
        def work():
            names = []
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(3)
                client.connect((direct.VIP, 53))
                for _ in range(6):
                    try:
                        client.send(b"?")
                        names.append(client.recv(100).decode())
                    except OSError as error:
                        names.append(type(error).__name__)
            return names

        return inside(direct.CLIENT, work)

    report = one.order(1, f"{servers} traffic={key};one-packet")
    cases.check("one-packet by DirectRouting is ready", report.get("ready") == direct.VIP and report["problems"] == "", report)
    lines = [line for line in direct.table() if line.startswith(f"-A -u {direct.VIP}:53 ")]
    cases.check("IPVS has its flag", len(lines) == 1 and "-o" in lines[0].split(), lines)
    names = datagrams()
    cases.check("each datagram of one client goes to the next server", sorted(names) == ["r1"] * 3 + ["r2"] * 3, names)
    kept = connections(direct.node, f"{direct.VIP}:53")
    cases.check("and IPVS keeps no connection of them", not kept, kept)
    one.order(2, servers)
    names = datagrams()
    cases.check("without it they go where the first went", len(set(names)) == 1 and names[0] in ("r1", "r2"), names)
    one.end()


def main():
    subprocess.run(["modprobe", "ip_vs"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.exists("/proc/net/ip_vs"):
        if os.environ.get("TRAFFIC_TEST_INSIDE"):
            sys.exit("the virtual machine has no IPVS either")
        os.environ.update(TRAFFIC_TEST_INSIDE="1", FAIRLEAD_BUILD=BUILD)
        vm = TREE + "/tests/lab/vm/run"
        os.execv(vm, [vm, "--timeout", "600", "--env", "TRAFFIC_TEST_INSIDE", "--env", "FAIRLEAD_BUILD", "--",
                      os.path.abspath(__file__)])
    cases = Cases()
    build()
    try:
        node(f"{BUILD}/node/fairlead-node prepare-host")
        sh(f"ip -n {CLIENT} addr add {SECOND}/24 dev eth0")
        for number, real in enumerate(REALS, 1):
            answer_datagrams(real, "0.0.0.0", f"r{number}")
        one = Forwarder(NODE)
        for step in (shown, stays, prefixes, ends, limited):
            step(cases, one)
        one.end()
    finally:
        remove()
    direct.build()
    try:
        direct.node(f"{BUILD}/node/fairlead-node prepare-host")
        one_packet(cases)
    finally:
        direct.remove()
    cases.finish()


if __name__ == "__main__":
    main()
