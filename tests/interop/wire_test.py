#!/usr/bin/python3
"""tshark, which nobody here wrote, judges the bytes that Fairlead sends: every kind of group on a cable of its own, captured from
the first advert to the last, priority 0. Its verdict on the checksum counts where it knows the form: it wants the pseudo-header
of RFC 5798 for version 3 over IPv4, so it calls the form of RFC 9568 bad, and must."""
import json
import os
import signal
import subprocess
import time

import frames
from routers import Fairlead, VirtualRouter
from world import Cables, Cases, World, wait_for

BASE = VirtualRouter("", priority=200, others=(150,), interval=500, checksum="RFC9568")
V6 = {"family": 6}


def kinds():
    """(title, what differs, what is unicast), one a cable."""
    return (("v3", {}, False), ("v3 RFC5798", {"checksum": "RFC5798"}, False), ("v3 two VIPs", {"vips": "ba"}, False),
            ("v2", {"version": 2, "interval": 1000}, False), ("v2 PASS", {"version": 2, "interval": 1000, "password": "secret12"}, False),
            ("v6", V6, False), ("v3 unicast", {}, True), ("v3 unicast RFC5798", {"checksum": "RFC5798"}, True), ("v6 unicast", V6, True))


def router_of(number, change, unicast):
    family = change.get("family", 4)
    vips = {"a": f"198.18.{number}.100", "b": f"198.18.{number}.101"}
    letters = change.get("vips", "a")
    told = dict(change, vips=tuple(vips[x] for x in letters))
    if family == 6:
        told["vips"] = (f"fe80::{number:x}:100", f"2001:db8:{number:x}::100")
    if unicast:
        told.update(others=(), own=f"fe80::{number:x}:1" if family == 6 else f"198.18.{number}.1",
                    peers=(f"fe80::{number:x}:2" if family == 6 else f"198.18.{number}.2",))
    return BASE.but(name=f"g{number}", interface=f"e{number}", vrid=50 + number, **told)


def dissect(path):
    """Every frame of a capture as tshark shows it: {field: [values]}."""
    command = ["tshark", "-r", path, "-T", "json", "--no-duplicate-keys", "-o", "ip.check_checksum:TRUE", "-Y", "vrrp or arp or icmpv6"]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError("tshark: " + done.stderr)
    seen = []
    for entry in json.loads(done.stdout):
        fields = {}
        gather(entry["_source"]["layers"], fields)
        seen.append(fields)
    return seen


def gather(node, out):
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, (dict, list)):
                out.setdefault(key, [])
                gather(value, out)
                if isinstance(value, list):
                    out[key] += [v for v in value if isinstance(v, str)]
            else:
                out.setdefault(key, []).append(value)
    elif isinstance(node, list):
        for value in node:
            gather(value, out)


def one(frame, field):
    return frame.get(field, [None])[0]


class Judged:
    """One cable's capture against what its group was told."""

    def __init__(self, cases, title, number, router, seen):
        self.cases, self.title, self.number, self.router = cases, title, number, router
        self.all = seen
        # Nobody listens at the far end: its kernel sends unicast adverts back inside of ICMP messages.
        self.adverts = [f for f in seen if "vrrp" in f and "icmp" not in f and "icmpv6" not in f]
        self.v6 = router.family == 6

    def check(self, name, ok, detail=""):
        self.cases.check(f"{self.title}: {name}", ok, detail)

    def every(self, name, field, wanted):
        found = {one(f, field) for f in self.adverts}
        self.check(f"{name} is {wanted}", found == {wanted}, found)

    def judge(self):
        router = self.router
        self.check("adverts were captured", len(self.adverts) >= 3, len(self.adverts))
        if not self.adverts:
            return
        malformed = [f for f in self.all if any("malformed" in key for key in f)]
        self.check("nothing is malformed", not malformed, len(malformed))
        self.every("version", "vrrp.version", str(router.version))
        self.every("type", "vrrp.type", "1")
        self.every("VRID", "vrrp.virt_rtr_id", str(router.vrid))
        priorities = [one(f, "vrrp.prio") for f in self.adverts]
        self.check("priority, and 0 in the last", set(priorities[:-1]) == {"200"} and priorities[-1] == "0", priorities)
        self.every("address count", "vrrp.addr_count", str(len(router.vips)))
        self.addresses()
        if router.version == 2:
            self.every("interval", "vrrp.adver_int", "1")
            self.every("authentication type", "vrrp.auth_type", "1" if router.password else "0")
            if router.password:
                self.every("password", "vrrp.auth_string", router.password)
        else:
            self.every("interval in cs", "vrrp.short_adver_int", "50")
            self.every("Reserve", "vrrp.reserved_mbz", "0")
        self.checksum()
        self.headers()
        for vip in router.vips:
            self.announcements(vip)

    def addresses(self):
        field = "vrrp.ipv6_addr" if self.v6 else "vrrp.ip_addr"
        order = list(self.router.vips) if self.v6 else sorted(self.router.vips)
        found = [f.get(field) for f in self.adverts]
        self.check(f"addresses are {' '.join(order)}", all(x == order for x in found), found[0])

    def checksum(self):
        verdicts = {one(f, "vrrp.checksum.status") for f in self.adverts}
        known = self.v6 or self.router.version == 2 or self.router.checksum == "RFC5798"
        self.check("the checksum is good" if known else "the checksum is not of the older form",
                   verdicts == {"1" if known else "0"}, verdicts)
        if not known:
            wanted = {frames.message("", "", form="RFC9568", vrid=self.router.vrid, priority=int(one(f, "vrrp.prio")), interval=50,
                                     addresses=sorted(self.router.vips))[6:8].hex() for f in self.adverts}
            found = {one(f, "vrrp.checksum")[2:] for f in self.adverts}
            self.check("the checksum is of the newer form, by our own sum", found == wanted, (found, wanted))

    def headers(self):
        router, unicast = self.router, bool(self.router.peers)
        self.every("TTL" if not self.v6 else "hop limit", "ipv6.hlim" if self.v6 else "ip.ttl", "255")
        self.every("protocol", "ipv6.nxt" if self.v6 else "ip.proto", "112")
        own = f"fe80::{self.number:x}:1" if self.v6 else f"198.18.{self.number}.1"
        group = "ff02::12" if self.v6 else "224.0.0.18"
        self.every("source", "ipv6.src" if self.v6 else "ip.src", own)
        self.every("destination", "ipv6.dst" if self.v6 else "ip.dst", router.peers[0] if unicast else group)
        mac = Cables.mac(self.number, 2).hex(":") if unicast else ("33:33:00:00:00:12" if self.v6 else "01:00:5e:00:00:12")
        self.every("Ethernet destination", "eth.dst", mac)
        self.every("class selector 6", "ipv6.tclass.dscp" if self.v6 else "ip.dsfield.dscp", "48")
        if not self.v6:
            self.every("IP checksum", "ip.checksum.status", "1")
            self.every("IP header without options", "ip.hdr_len", "20")

    def announcements(self, vip):
        mac = Cables.mac(self.number, 1).hex(":")
        if self.v6:
            told = [f for f in self.all if one(f, "icmpv6.type") == "136" and one(f, "icmpv6.nd.na.target_address") == vip]
            good = [f for f in told if one(f, "icmpv6.checksum.status") == "1" and one(f, "icmpv6.nd.na.flag.o") in ("1", "True")
                    and one(f, "icmpv6.nd.na.flag.s") in ("0", "False") and one(f, "icmpv6.nd.na.flag.r") in ("0", "False")
                    and one(f, "icmpv6.opt.linkaddr") == mac and one(f, "ipv6.hlim") == "255"]
            self.check(f"neighbour advertisements of {vip}, all sound", told and len(good) == len(told), (len(good), len(told)))
            return
        told = [f for f in self.all if one(f, "arp.src.proto_ipv4") == vip and one(f, "arp.dst.proto_ipv4") == vip]
        good = [f for f in told if one(f, "arp.src.hw_mac") == mac and one(f, "eth.dst") == "ff:ff:ff:ff:ff:ff"
                and one(f, "arp.isgratuitous") in ("1", "True")]
        kinds_seen = {one(f, "arp.opcode") for f in told}
        self.check(f"gratuitous ARP of {vip}, request and reply, all sound", kinds_seen == {"1", "2"} and len(good) == len(told),
                   (kinds_seen, len(good), len(told)))


def capture(world, cables, count):
    """tcpdump on every far end; their files."""
    files = {n: f"{world.folder}/e{n}.pcap" for n in range(1, count + 1)}
    programs = [world.spawn(cables.far, ["tcpdump", "-i", f"e{n}", "-U", "--immediate-mode", "-s", "0", "-Z", "root", "-w", path],
                            f"tcpdump-e{n}.log") for n, path in files.items()]
    if not wait_for(lambda: all("listening on" in p.text() for p in programs), 20):
        raise RuntimeError("tcpdump does not listen: " + programs[0].text())
    return files, programs


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("wire", "needs root for network namespaces")
        cases.finish()
    with World("wire") as world:
        cables = Cables(world, "c", len(kinds()))
        routers = [router_of(n, change, unicast) for n, (_, change, unicast) in enumerate(kinds(), 1)]
        files, programs = capture(world, cables, len(routers))
        fairlead = Fairlead(world, cables.near).start(routers)
        wait_for(lambda: all(fairlead.state(r.name) == "Master" for r in routers), 8)
        time.sleep(2.6)
        refused = fairlead.refused()
        cases.check("every group is taken", not refused, refused)
        cases.check("SIGTERM: exit 0", fairlead.stop() == 0, fairlead.program.child.returncode)
        time.sleep(1)
        for program in programs:
            program.end(signal.SIGINT)
        for n, (title, _, _) in enumerate(kinds(), 1):
            Judged(cases, title, n, routers[n - 1], dissect(files[n])).judge()
    cases.finish()


if __name__ == "__main__":
    main()
