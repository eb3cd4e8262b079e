#!/usr/bin/python3
"""The sockets of node/wire on a real cable: the bytes that leave equal the vectors of both families, multicast and to a
peer; what arrives is delivered with its hop limit and destination, wrong checksums included; strangers are heard, and
never so many that one of ours is lost; neighbours believe what is announced (VR-001..VR-010, VR-031, VR-062, VR-063, FN-20)."""
import contextlib
import fcntl
import time

from wire_world import (Capture, Driver, G1, G2, N1, checksum, frame, index_of, ip, is_vrrp, remove, run, send_frames, unhex,
                        vrrp3)
from labkit.cases import Cases

ONE, TWO = "fairlead-wire-1", "fairlead-wire-2"
MAC = {1: "02:00:00:00:00:10", 2: "02:00:00:00:00:11"}
VIP = "192.0.2.100"

P4 = unhex("31 33 64 01 00 64 a8 02 c0 00 02 64")
P5 = unhex("31 33 64 01 00 64 05 69 c0 00 02 64")
P13 = unhex("31 33 64 02 00 64 3d fd fe 80 00 00 00 00 00 00 00 00 00 00 00 00 01 00 "
            "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 01 00")
IP_MULTICAST = unhex("45 c0 00 20 00 01 00 00 ff 70 18 90 c0 00 02 0a e0 00 00 12")
IP_PEER = unhex("45 c0 00 20 00 01 00 00 ff 70 36 97 c0 00 02 0a c0 00 02 0b")
V6H = unhex("6c 00 00 00 00 28 70 ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 "
            "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 12")


def build():
    """Two namespaces, eth1 and eth2 of each joined; the addresses and MACs of the vectors on eth1."""
    remove([ONE, TWO])
    for name in (ONE, TWO):
        run(f"ip netns add {name}")
        run(f"ip netns exec {name} sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0")
        run(f"ip -n {name} link set lo up")
    for i in (1, 2):
        run(f"ip -n {ONE} link add eth{i} type veth peer name eth{i} netns {TWO}")
        for number, name in ((1, ONE), (2, TWO)):
            run(f"ip -n {name} link set eth{i} addrgenmode none")
            if i == 1:
                run(f"ip -n {name} link set eth1 address {MAC[number]}")
            subnet = "192.0.2" if i == 1 else "198.51.100"
            run(f"ip -n {name} addr add {subnet}.{9 + number}/24 dev eth{i}")
            run(f"ip -n {name} addr add fe80::{number}/64 dev eth{i} nodad")
            run(f"ip -n {name} link set eth{i} up")


def same_but_identification(got, want):
    """An IPv4 header may have any identification, and the checksum that goes with it."""
    return got[:4] + got[6:10] + got[12:] == want[:4] + want[6:10] + want[12:] and checksum(got[:20]) == 0


def sent_bytes(cases, driver, one):
    wire = Capture(TWO, "eth1")
    ours = [(1, 4), (1, 6)]
    for number, family in ours:
        driver.ask(f"listen {one[number]} {family} 51")

    driver.ask(f"send {one[1]} 192.0.2.10 224.0.0.18 {P4.hex()}")
    got = wire.wait(is_vrrp)
    cases.check("IPv4 multicast: MACs, header and message of the vector",
                got and got[0][:14] == unhex("01 00 5e 00 00 12 02 00 00 00 00 10 08 00")
                and same_but_identification(got[0][14:], IP_MULTICAST + P4), got[0].hex() if got else "nothing")

    driver.ask(f"send {one[1]} fe80::1 ff02::12 {P13.hex()}")
    got = wire.wait(is_vrrp)
    cases.check("IPv6 multicast: every byte of V6H and P13, from the first MAC to the last address",
                got and got[0] == unhex("33 33 00 00 00 12 02 00 00 00 00 10 86 dd") + V6H + P13,
                got[0].hex() if got else "nothing")

    driver.ask(f"send {one[1]} 192.0.2.10 192.0.2.11 {P4.hex()}")
    got = wire.wait(is_vrrp)
    cases.check("IPv4 to a peer: its MAC, TTL 255, class c0, the header of the vector",
                got and got[0][:12] == unhex("02 00 00 00 00 11 02 00 00 00 00 10")
                and same_but_identification(got[0][14:], IP_PEER + P4), got[0].hex() if got else "nothing")

    driver.ask(f"send {one[1]} fe80::1 fe80::2 {P13.hex()}")
    got = wire.wait(is_vrrp)
    cases.check("IPv6 to a peer: its MAC, hop limit 255, class c0, no flow label",
                got and got[0] == unhex("02 00 00 00 00 11 02 00 00 00 00 10 86 dd") + V6H[:24] + ip("fe80::2") + P13,
                got[0].hex() if got else "nothing")
    wire.close()


def unheard(cases, driver, one):
    """What hosts say of adverts, by ICMP and by not answering ARP, fails no other advert."""
    for destination, what in (("192.0.2.11", "hears no VRRP and says so"), ("192.0.2.99", "is not there")):
        errors = []
        for _ in range(20):  # ARP gives up after 3 s
            for to in (destination, "224.0.0.18"):
                try:
                    driver.ask(f"send {one[1]} 192.0.2.10 {to} {P4.hex()}")
                except RuntimeError as problem:
                    errors.append(str(problem))
            time.sleep(0.2)
        cases.check(f"a peer that {what}: adverts to it and to the group leave", not errors, errors)


def sources(cases, driver, one):
    """VR-001, VR-006: the source is the one asked for, whatever else the interface has, and none that is not there."""
    run(f"ip -n {ONE} addr add {VIP}/32 dev eth1")
    run(f"ip -n {ONE} addr add fe80::100/128 dev eth1 nodad")
    run(f"ip -n {ONE} addr add 2001:db8::100/128 dev eth1 nodad")
    wire = Capture(TWO, "eth1")
    for source, destination, body in (("192.0.2.10", "224.0.0.18", P4), ("192.0.2.10", "192.0.2.11", P4),
                                      ("fe80::1", "ff02::12", P13), ("fe80::1", "fe80::2", P13)):
        driver.ask(f"send {one[1]} {source} {destination} {body.hex()}")
        got = wire.wait(is_vrrp)
        at = 26 if "." in source else 22
        cases.check(f"from {source} to {destination} with VIPs on the interface: the source asked for",
                    got and got[0][at:at + len(ip(source))] == ip(source))
    for source, destination in (("192.0.2.77", "224.0.0.18"), ("fe80::77", "ff02::12")):
        try:
            driver.ask(f"send {one[1]} {source} {destination} {P4.hex()}")
            error = "none"
        except RuntimeError as problem:
            error = str(problem)
        cases.check(f"from {source}, which nobody has here: an error, and nothing leaves",
                    "error 3 " in error and not wire.wait(is_vrrp, 1, 0.2), error)
    wire.close()
    for address in (f"{VIP}/32", "fe80::100/128", "2001:db8::100/128"):
        run(f"ip -n {ONE} addr del {address} dev eth1")


def received(driver, frames, count, interface="eth1", seconds=2.0):
    """Sends the frames from the other side; what the driver reads then."""
    send_frames(TWO, interface, frames)
    lines, limit = [], time.monotonic() + seconds
    while len(lines) < count and time.monotonic() < limit:
        lines += driver.ask("read 1000")
        time.sleep(0.01)
    return [line.split() for line in lines]


def delivered(cases, driver, one):
    four = [frame(MAC[2], "192.0.2.11", "224.0.0.18", P4, ttl) for ttl in (255, 254)]
    got = received(driver, four, 2)
    cases.check("IPv4: the packet with its header, TTL 254 as 254",
                [(g[1], g[2]) for g in got] == [(str(one[1]), f[14:].hex()) for f in four], got)

    body = vrrp3(51, "fe80::2", "ff02::12", ["fe80::100"])
    spoilt = vrrp3(51, "fe80::2", "ff02::12", ["fe80::100"], spoil=1)
    got = received(driver, [frame(MAC[2], "fe80::2", "ff02::12", body, 255), frame(MAC[2], "fe80::2", "ff02::12", body, 254),
                            frame(MAC[2], "fe80::2", "ff02::12", spoilt, 255)], 3)
    expected = [["6", str(one[1]), "fe80::2", "ff02::12", hops, m.hex()] for hops, m in (("255", body), ("254", body), ("255", spoilt))]
    cases.check("IPv6: source, destination, hop limit 254 as 254, and a wrong checksum all the same", got == expected, got)

    body = vrrp3(51, "fe80::2", "fe80::1", ["fe80::100"])
    got = received(driver, [frame(MAC[2], "fe80::2", "fe80::1", body, 63, MAC[1]),
                            frame(MAC[2], "192.0.2.11", "192.0.2.10", P4, 63, MAC[1])], 2)
    cases.check("to an address of the interface: both families, the limits as they came",
                sorted(g[0] for g in got) == ["4", "6"] and [g[2:5] for g in got if g[0] == "6"] == [["fe80::2", "fe80::1", "63"]]
                and [g[2][16:18] for g in got if g[0] == "4"] == ["3f"], got)

    large = vrrp3(51, "fe80::2", "ff02::12", [f"fe80::{i:x}" for i in range(1, 91)])
    got = received(driver, [frame(MAC[2], "fe80::2", "ff02::12", large)], 1)
    cases.check("IPv6: an advert that fills the MTU is whole", got and got[0][5] == large.hex(), len(got))

    cut = frame(MAC[2], "192.0.2.11", "224.0.0.18", b"\x31")
    got = received(driver, [cut], 1)
    cases.check("a message too short for a VRID is delivered", got and got[0][2] == cut[14:].hex(), got)

    wrong_place = [frame("02:00:00:00:01:11", "198.51.100.11", "224.0.0.18", P4),
                   frame("02:00:00:00:01:11", "fe80::2", "ff02::12", body)]
    got = received(driver, wrong_place, 1, "eth2", 0.4)
    cases.check("nothing is heard of an interface that nobody listens on", not got, got)

    driver.ask(f"send {one[1]} 192.0.2.10 224.0.0.18 {P4.hex()}")
    driver.ask(f"send {one[1]} fe80::1 ff02::12 {P13.hex()}")
    got = received(driver, [], 1, "eth1", 0.4)
    cases.check("our own adverts do not come back", not got, got)


def announcements(cases, driver, one):
    """The frames leave as they are, in order, and a neighbour that remembers another MAC believes them."""
    for what, frames, vip, family in (("GARP request", [G1], VIP, 4), ("GARP reply", [G2], VIP, 4), ("NA", [N1], "2001:db8::100", 6)):
        run(f"ip -n {TWO} neigh replace {vip} lladdr 02:00:00:00:00:99 dev eth1 nud stale")
        # Linux believes no ARP within a second of the last one.
        time.sleep(1.1)
        driver.ask(f"frames {one[1]} {frames[0].hex()}")
        time.sleep(0.1)
        known = run(f"ip -{family} -n {TWO} neigh show {vip} dev eth1")
        cases.check(f"{what}: the neighbour takes the new MAC for the one it remembered", MAC[1] in known, known.strip())
        run(f"ip -n {TWO} neigh del {vip} dev eth1")
    wire = Capture(TWO, "eth1")
    driver.ask(f"frames {one[1]} {','.join(f.hex() for f in (G1, N1, G2) * 20)}")
    got = wire.wait(lambda f: f in (G1, G2, N1), 60)
    cases.check("60 frames at once: all, in order, byte for byte", got == [G1, N1, G2] * 20, len(got))
    wire.close()
    for where, what in ((one[1] + 100, "no such interface"), (one[2], "link down")):
        if what == "link down":
            run(f"ip -n {ONE} link set eth2 down")
        try:
            driver.ask(f"frames {where} {G1.hex()}")
            error = "none"
        except RuntimeError as problem:
            error = str(problem)[-80:]
        cases.check(f"{what}: an error", "after 0 frames" in error, error)
    run(f"ip -n {ONE} link set eth2 up")


def strangers(cases, driver, one):
    """FN-20: 2 s of a flood of other VRIDs, among it ten adverts of ours a second."""
    for family, source, group, address in ((4, "192.0.2.11", "224.0.0.18", VIP), (6, "fe80::2", "ff02::12", "fe80::100")):
        time.sleep(1.1)
        mine = frame(MAC[2], source, group, vrrp3(51, source, group, [address]))
        others = [frame(MAC[2], source, group, vrrp3(vrid, source, group, [address])) for vrid in range(60, 160)]
        driver.ask("auto 1")
        driver.ask("wakes")
        begun, floods = time.monotonic(), 0
        while time.monotonic() < begun + 2:
            send_frames(TWO, "eth1", others + [mine])
            floods += 1
            time.sleep(0.01)
        took = time.monotonic() - begun
        time.sleep(0.3)
        heard = driver.ask("auto 0")
        *lines, wakes = driver.ask("wakes")
        lines = heard + lines
        wakes = int(wakes.split()[1])
        at = 42 if family == 4 else 2  # of the VRID in hexadecimal digits: behind the IPv4 header, and without one
        vrids = [int(line.split()[-1][at:at + 2], 16) for line in lines]
        ours, rest = vrids.count(51), len(vrids) - vrids.count(51)
        cases.check(f"IPv{family}: every advert of ours is there", ours == floods, (ours, floods))
        cases.check(f"IPv{family}: of {100 * floods} others at most 20 a second, and some", 20 <= rest <= 20 * (int(took + 0.3) + 1),
                    (rest, round(took, 2)))
        cases.check(f"IPv{family}: they wake nobody while they are not read", wakes <= floods + 60, (wakes, floods))

    time.sleep(1.1)
    other = frame(MAC[2], "192.0.2.11", "224.0.0.18", vrrp3(52, "192.0.2.11", "224.0.0.18", [VIP]))
    got = received(driver, [other] * 50, 50, seconds=0.5)
    cases.check("VRID 52 is a stranger: limited", 1 <= len(got) <= 20, len(got))
    driver.ask(f"listen {one[1]} 4 51,52")
    got = received(driver, [other] * 50, 50)
    cases.check("VRID 52 is ours from now on: all are heard at once", len(got) == 50, len(got))
    driver.ask(f"listen {one[1]} 4 51")
    time.sleep(1.1)
    got = received(driver, [other] * 50, 50, seconds=0.5)
    cases.check("VRID 52 is none of ours any more: limited again", 1 <= len(got) <= 20, len(got))


def fairness(cases, driver, one):
    """A flood of our own VRID on one interface hides nothing on another."""
    driver.ask(f"listen {one[2]} 4 51")
    junk = frame(MAC[2], "192.0.2.11", "224.0.0.18", vrrp3(51, "192.0.2.11", "224.0.0.18", [VIP], spoil=1))
    good = frame("02:00:00:00:01:11", "198.51.100.11", "224.0.0.18", vrrp3(51, "198.51.100.11", "224.0.0.18", [VIP]))
    for turn in range(3):
        send_frames(TWO, "eth1", [junk] * 1000)
        send_frames(TWO, "eth2", [good])
        time.sleep(0.05)
        lines = [line.split() for line in driver.ask("read 128")]
        cases.check(f"flood on eth1, turn {turn}: the one advert of eth2 is in the first hundred read",
                    len(lines) == 128 and [x[1] for x in lines].count(str(one[2])) == 1, len(lines))
        while driver.ask("read 1000"):
            pass
    driver.ask(f"leave {one[2]} 4")
    got = received(driver, [good], 1, "eth2", 0.4)
    cases.check("left: nothing is heard there any more", not got, got)


def joined(cases, driver, one):
    """The groups are joined while an ear is open, and by its sockets alone."""
    def groups():
        return [w for line in run(f"ip -n {ONE} maddr show dev eth1").splitlines() for w in line.split()]
    cases.check("224.0.0.18 and ff02::12 are joined on the interface", {"224.0.0.18", "ff02::12"} <= set(groups()), groups())
    driver.ask(f"leave {one[1]} 4")
    driver.ask(f"leave {one[1]} 6")
    cases.check("left: neither is joined", not {"224.0.0.18", "ff02::12"} & set(groups()), groups())
    for what in (f"listen {one[1] + 100} 4 51", f"listen {one[1] + 100} 6 51"):
        try:
            driver.ask(what)
            error = "none"
        except RuntimeError as problem:
            error = str(problem)
        cases.check(f"{what.split()[2]}: an interface that is not there is an error of its own", "error 3 " in error, error)


def main():
    cases = Cases()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-wire-test.lock", "w")), fcntl.LOCK_EX)
        stack.callback(remove, [ONE, TWO])
        build()
        driver = Driver(ONE)
        stack.callback(driver.end)
        one = {i: index_of(ONE, f"eth{i}") for i in (1, 2)}
        sent_bytes(cases, driver, one)
        unheard(cases, driver, one)
        sources(cases, driver, one)
        while driver.ask("read 1000"):
            pass
        delivered(cases, driver, one)
        announcements(cases, driver, one)
        strangers(cases, driver, one)
        fairness(cases, driver, one)
        joined(cases, driver, one)
    cases.finish()


if __name__ == "__main__":
    main()
