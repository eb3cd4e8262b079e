#!/usr/bin/python3
"""The lab makes what it says, its instruments see what happens, and it removes everything again."""
import os
import subprocess
import time

import common
from labkit import judge
from labkit.cases import Cases

VIP = "203.0.113.10"
LAYOUT = common.LAYOUT
# One gratuitous ARP request: argv MAC, address.
ANNOUNCE = """
import socket, sys
mac, ip = bytes.fromhex(sys.argv[1].replace(":", "")), socket.inet_aton(sys.argv[2])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth1", 0))
s.send(b"\\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + ip + mac + ip)
"""


def namespaces():
    listed = subprocess.run(["ip", "netns", "list"], text=True, stdout=subprocess.PIPE, check=True).stdout.split()
    return {n for n in listed if n in LAYOUT.namespaces()}


def addresses(lab, machine):
    return lab.agent.run(["ip", "-o", "-4", "address", "show"], netns="fairlead-" + machine).out


def check_instruments(lab, cases):
    """Adds, announces and removes an address by hand and looks for it in what netwatch wrote."""
    begun = lab.agent.clock()[0]
    lab.agent.run(["ip", "address", "add", VIP + "/32", "dev", "eth1", "valid_lft", "2", "preferred_lft", "0"],
                  netns="fairlead-t1")
    added = lab.feed.wait(lambda _: lab.feed.holders(VIP) or None, 2)
    cases.check("netwatch sees an address come", added == ["fairlead-t1"], added)
    lab.agent.run(["/usr/bin/python3", "-c", ANNOUNCE, lab.macs["t1"], VIP], netns="fairlead-t1")
    garp = lab.feed.wait(lambda e: judge.first_garp(e, VIP, begun, lab.macs), 2)
    cases.check("netwatch sees a gratuitous ARP and whose it is", garp and garp[1] == "t1", garp)
    lab.agent.run(["ip", "address", "add", VIP + "/32", "dev", "eth1"], netns="fairlead-t2")
    gone = lab.feed.wait(lambda e: judge.address_gone(e, VIP, "t1", begun), 6)
    after = judge.milliseconds(gone - begun) if gone else None
    cases.check("netwatch sees the kernel expire an address", after and 1900 <= after <= 3400, f"{after} ms")
    both = judge.milliseconds(judge.overlap(lab.feed.events, VIP, begun, lab.feed.events[-1]["t"]))
    cases.check("two holders of one address are counted", both > 500, f"{both} ms")
    lab.agent.run(["ip", "address", "delete", VIP + "/32", "dev", "eth1"], netns="fairlead-t2")
    cases.check("nobody holds it in the end", lab.feed.wait(lambda _: lab.feed.holders(VIP) == [] or None, 2))


def check_prober(lab, cases):
    """The prober measures a silence that we make, and counts connections that a server saw."""
    real = LAYOUT.addresses()["tr1"]
    lab.probe("cut", real + ":8080")
    time.sleep(0.3)
    lab.agent.run(["ip", "link", "set", "tr1", "nomaster"], netns="fairlead-tseg")
    time.sleep(0.5)
    lab.agent.run(["ip", "link", "set", "tr1", "master", "br0"], netns="fairlead-tseg")
    time.sleep(0.4)
    found = lab.probed("cut")
    cases.check("the prober measures a silence of about 500 ms", 450 <= found["outage_ms"] <= 650, found["outage_ms"])
    cases.check("the prober asked every 5 ms", found["sent"] >= 180, found["sent"])
    for protocol in ("tcp", "udp"):
        answers, mine = lab.count(protocol, protocol, real + ":8080", 10)
        cases.check(f"ten connections over {protocol} are answered by name", answers == ["tr1"] * 10, answers)
        enough = mine["packets_out"] == 40 if protocol == "udp" else mine["packets_out"] >= 40
        cases.check(f"their packets over {protocol} are counted", enough and mine["packets_in"] > 0, mine)


def check_links(lab, cases):
    for how in ("carrier", "port"):
        t = lab.cut("t1", how)
        back = lab.mend("t1", how)
        cases.check(f"{how} cut and mended, with times", back > t, judge.milliseconds(back - t))
    lab.cut("t1", "carrier")
    reached = lab.agent.run(["ping", "-c", "1", "-W", "1", LAYOUT.api_address()], netns="fairlead-t1", check=False)
    cases.check("the path to the API server outlives the VIP's link", reached.rc == 0, reached.out[-80:].strip())
    lab.mend("t1", "carrier")


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("lab", "needs root for network namespaces")
        cases.finish()
    cases.check("no namespace of an earlier run", not namespaces(), namespaces())
    with common.lab() as lab:
        cases.check("every namespace is there", namespaces() == set(LAYOUT.namespaces()), len(namespaces()))
        for machine, address in LAYOUT.addresses().items():
            cases.check(f"{machine} has {address}", f" {address}/24 " in addresses(lab, machine))
        check_instruments(lab, cases)
        check_prober(lab, cases)
        check_links(lab, cases)
        cases.check("netwatch missed nothing", not judge.missed(lab.feed.poll()))
        folder = lab.run_dir
    cases.check("no namespace is left", not namespaces(), namespaces())
    cases.check("no program is left", not subprocess.run(
        ["grep", "-l", folder, *[f"/proc/{p}/cmdline" for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
    cases.finish()


if __name__ == "__main__":
    main()
