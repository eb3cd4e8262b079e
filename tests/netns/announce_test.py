#!/usr/bin/python3
"""One virtual router and the frames it sends, seen by a raw socket at the other end of its cable: IPv6 adverts never come from
a VIP, announcements follow the first advert and keep to the plan's rounds and refresh, neighbours believe them, and a unicast
router tells its peers where it is before it speaks (VR-006, VR-007, VR-009, VR-017, VR-063..VR-065, VR-117, vrrp.md 7)."""
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import tempfile
import time

from wire_world import BUILD, Capture, G1, G2, N1, ip, is_vrrp, joined, mac, remove, run, unhex
from labkit.cases import Cases

ONE, TWO = "fairlead-wire-n1", "fairlead-wire-n2"
MAC = {1: "02:00:00:00:00:10", 2: "02:00:00:00:00:11"}
LINK_LOCAL_VIP, VIP, EXCLUDED = "fe80::5eff:fe00:233", "2001:db8::100", "2001:db8::200"


def build():
    """The MAC of the vectors, no router, and the far end has a neighbour entry for each VIP with a MAC that is gone."""
    joined(ONE, TWO)
    for number, name in ((1, ONE), (2, TWO)):
        run(f"ip -n {name} link set eth1 address {MAC[number]}")
        run(f"ip -n {name} addr add 192.0.2.{9 + number}/24 dev eth1")
        run(f"ip -n {name} addr add fe80::{number}/64 dev eth1 nodad")
        run(f"ip -n {name} addr add 2001:db8::{number}/64 dev eth1 nodad")
        run(f"ip -n {name} link set eth1 up")


class Timed(Capture):
    """Keeps the kernel's time of each frame, in seconds."""

    def __init__(self, name, interface):
        super().__init__(name, interface)
        self.socket.setsockopt(1, 35, 1)  # SO_TIMESTAMPNS
        self.timed = []

    def collect(self, seconds):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            with contextlib.suppress(BlockingIOError):
                while True:
                    data, extra, _, where = self.socket.recvmsg(65536, 256)
                    stamp = [int.from_bytes(x[2][:8], "little") + int.from_bytes(x[2][8:16], "little") / 1e9 for x in extra]
                    if where[2] != 4:  # PACKET_OUTGOING
                        self.timed.append((stamp[0], data))
            time.sleep(0.01)
        return self.timed


@contextlib.contextmanager
def router(folder, **spec):
    """vrrp_runner as the only member of that group."""
    whole = {"family": "IPv4", "virtualRouterID": 51, "interface": "eth1", "advertIntervalMs": 250,
             "members": [{"node": "one", "priority": 200}]}
    whole.update(spec)
    path = folder + "/group.json"
    with open(path, "w") as file:
        json.dump({"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": "test"}, "spec": whole}, file)
    with open(folder + "/runner.txt", "w") as out:
        child = subprocess.Popen(["ip", "netns", "exec", ONE, BUILD + "/support/vrrp_runner", "--node", "one", path], stdout=out)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(10)
    with open(folder + "/runner.txt") as said:
        refused = [line for line in said if line.startswith("refused ")]
    if refused:
        raise RuntimeError("the group of the test was not taken: " + refused[0])


def is_advertisement(f):
    return f[12:14] == b"\x86\xdd" and f[20] == 58 and f[54] == 136


def is_duplicate_detection(f):
    return f[12:14] == b"\x86\xdd" and f[20] == 58 and f[54] == 135 and f[22:38] == bytes(16)


def of(timed, target):
    """When the address was announced, from the first advert on."""
    first = [t for t, f in timed if is_vrrp(f)][0]
    return [round(t - first, 2) for t, f in timed if is_advertisement(f) and f[62:78] == ip(target)]


def near(times, expected):
    return len(times) == len(expected) and all(-0.02 <= t - e <= 0.3 for t, e in zip(times, expected))


def ipv6(cases, folder):
    wire = Timed(TWO, "eth1")
    for vip in (LINK_LOCAL_VIP, VIP, EXCLUDED):
        run(f"ip -n {TWO} neigh replace {vip} lladdr 02:00:00:00:00:99 dev eth1 nud stale")
    with router(folder, family="IPv6", addresses=[{"address": VIP}], excludedAddresses=[{"address": EXCLUDED}],
                announce={"repeatSeconds": [0, 1, 3], "refreshSeconds": 6}):
        timed = [x for x in wire.collect(5) if x[1][6:12] == mac(MAC[1])]
        known = {vip: run(f"ip -6 -n {TWO} neigh show {vip} dev eth1").split() for vip in (LINK_LOCAL_VIP, VIP, EXCLUDED)}
        cases.check("IPv6: the neighbour has the new MAC for each VIP", all(MAC[1] in k for k in known.values()), known)
        answered = run(f"ip netns exec {TWO} ping -6 -n -c 1 -W 2 -I eth1 {VIP}", check=False)
        cases.check("IPv6: the VIP answers", " 0% packet loss" in answered)
        timed = [x for x in wire.collect(7) if x[1][6:12] == mac(MAC[1])]
        held = run(f"ip -6 -n {ONE} addr show dev eth1")
        cases.check("IPv6: its VIPs are on the interface",
                    all(f"{vip}/128" in held for vip in (LINK_LOCAL_VIP, VIP, EXCLUDED)), held)
    adverts = [f for _, f in timed if is_vrrp(f)]
    cases.check("IPv6: adverts go to the group with hop limit 255, class c0",
                adverts and all(f[:6] == unhex("33 33 00 00 00 12") and f[14:18] == unhex("6c 00 00 00") and f[21] == 255
                                and f[38:54] == ip("ff02::12") for f in adverts), len(adverts))
    cases.check("IPv6: every one from the interface's own link-local address, never from a VIP",
                {f[22:38] for f in adverts} == {ip("fe80::1")}, {f[22:38].hex() for f in adverts})
    cases.check("IPv6: the link-local VIP is listed first, then the other, the excluded one not",
                {f[62:] for f in adverts} == {ip(LINK_LOCAL_VIP) + ip(VIP)}, {f[62:].hex() for f in adverts})
    kinds = ["advert" if is_vrrp(f) else "NA" for _, f in timed if is_vrrp(f) or is_advertisement(f)]
    cases.check("IPv6: the first advert is out before the first announcement", kinds[:4] == ["advert", "NA", "NA", "NA"], kinds[:6])
    cases.check("IPv6: nobody asked whether a VIP is taken", not [f for _, f in timed if is_duplicate_detection(f)])
    ours = [f for _, f in timed if is_advertisement(f) and f[:6] == unhex("33 33 00 00 00 01")]
    cases.check("IPv6: the announcement of the vector's VIP is vector N1", N1 in ours and not [
        f for f in ours if f[62:78] == ip(VIP) and f != N1])
    # Rounds at 0, 1 and 3 s; then three addresses in turn, each once in 6 s.
    for vip, turn in ((VIP, 5.0), (EXCLUDED, 7.0), (LINK_LOCAL_VIP, 9.0)):
        times = of([x for x in timed if x[1] in ours or is_vrrp(x[1])], vip)
        cases.check(f"IPv6: {vip}: rounds at 0, 1 and 3 s, the refresh every 6 s in its turn",
                    near(times[:3], [0, 1, 3]) and times[3:] and all((t - 3.0) % 2 < 0.4 for t in times[3:]), (times, turn))
    wire.close()


def ipv4(cases, folder):
    wire = Timed(TWO, "eth1")
    vips = ["192.0.2.100", "192.0.2.101"]
    with router(folder, addresses=[{"address": v} for v in vips], announce={"repeatSeconds": [0], "refreshSeconds": 0}):
        timed = wire.collect(5)
    arp = [f for _, f in timed if f[12:14] == b"\x08\x06" and f[6:12] == mac(MAC[1]) and f[28:32] == f[38:42]]
    said = [(f[21], f[31]) for f in arp]
    cases.check("IPv4: one round, requests of both first, then the replies", said == [(1, 100), (1, 101), (2, 100), (2, 101)], said)
    cases.check("IPv4: they are vectors G1 and G2", arp and arp[0] == G1 and arp[2] == G2)
    wire.close()


def unicast(cases, folder):
    for family, source, peer, address in (("IPv4", "192.0.2.10", "192.0.2.11", "192.0.2.100"), ("IPv6", "fe80::1", "fe80::2", VIP)):
        wire = Timed(TWO, "eth1")
        with router(folder, family=family, transport="Unicast", addresses=[{"address": address}],
                    members=[{"node": "one", "priority": 200, "unicastAddress": source},
                             {"node": "two", "priority": 100, "unicastAddress": peer}],
                    announce={"repeatSeconds": [0], "refreshSeconds": 0}):
            wire.collect(2.5)
            # The interface loses its IPv6 addresses with it, also those that the next family needs.
            run(f"ip -n {ONE} link set eth1 down")
            run(f"ip -n {ONE} addr replace fe80::1/64 dev eth1 nodad")
            flapped = len(wire.collect(0.5))
            run(f"ip -n {ONE} link set eth1 up")
            timed = wire.collect(3)
        for when, part in (("start", timed[:flapped]), ("link up", timed[flapped:])):
            frames = [f for _, f in part if f[6:12] == mac(MAC[1])]
            if family == "IPv4":
                mine = [i for i, f in enumerate(frames) if f[12:14] == b"\x08\x06" and f[28:32] == f[38:42] == ip(source)]
            else:
                mine = [i for i, f in enumerate(frames) if is_advertisement(f) and f[62:78] == ip(source) and f[0:2] == b"\x33\x33"]
            adverts = [i for i, f in enumerate(frames) if is_vrrp(f)]
            cases.check(f"{family} unicast, {when}: its own address is announced once, before the first advert",
                        len(mine) == (2 if family == "IPv4" else 1) and adverts and mine[-1] < adverts[0], (mine, adverts[:1]))
            cases.check(f"{family} unicast, {when}: adverts go to the peer alone, from the configured source",
                        adverts and {frames[i][:6] for i in adverts} == {mac(MAC[2])}
                        and {frames[i][26:30] if family == "IPv4" else frames[i][22:38] for i in adverts} == {ip(source)})
        wire.close()


def main():
    cases = Cases()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-announce-test.lock", "w")), fcntl.LOCK_EX)
        stack.callback(remove, [ONE, TWO])
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-announce-"))
        os.chmod(folder, 0o755)
        build()
        ipv6(cases, folder)
        ipv4(cases, folder)
        unicast(cases, folder)
    cases.finish()


if __name__ == "__main__":
    main()
