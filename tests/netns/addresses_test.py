#!/usr/bin/python3
"""node/kernel's addresses and its view of them, against the kernel: what a VIP looks like, what a renewal keeps and what it
brings back, duplicate address detection, a kernel that forgets our tag, and a view that stays true when netlink drops events
(D-1, D-5, vrrp.md 8, FN-04, FN-26, FN-27). The other judge is iproute2."""
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import threading
import time

from addresses_world import ONE, TWO, VIPS, build, listed, view, wait, with_prefix
from wire_world import BUILD, Driver, index_of, namespace, remove, run
from labkit.cases import Cases


def looks(cases, driver, one):
    for family, vip in VIPS.items():
        got = driver.ask(f"hold {one} 5 {vip}")
        cases.check(f"IPv{family}: the first hold creates it", got == [f"held {vip}", f"created {vip}"], got)
        for what in ("added", "renewed"):
            shown = listed(vip) or {}
            cases.check(f"IPv{family}, {what}: host prefix, a finite life, preferred 0, no prefix route",
                        shown.get("prefixlen") == (32 if family == 4 else 128) and shown.get("preferred_life_time") == 0
                        and 4 <= shown.get("valid_life_time", 0) <= 5 and shown.get("deprecated") and shown.get("noprefixroute"),
                        shown)
            cases.check(f"IPv{family}, {what}: not tentative", not shown.get("tentative") and not shown.get("dadfailed"), shown)
            routes = run(f"ip -{family} -n {ONE} route show dev eth1")
            cases.check(f"IPv{family}, {what}: no route but the interface's own", vip not in routes, routes)
            time.sleep(0.6)
            got = driver.ask(f"hold {one} 5 {vip}")
            cases.check(f"IPv{family}: a renewal creates nothing", got == [f"held {vip}"], got)
        cases.check(f"IPv{family}: the neighbour reaches it", run(
            f"ip netns exec {TWO} ping -{family} -n -c 1 -W 2 -I eth1 {vip}", check=False).find(" 0% packet loss") > 0)
    wait(lambda: with_prefix(VIPS[6]) in view(driver, one)[0])
    entries, rest = view(driver, one)
    cases.check("the view: both are ours, deprecated and not lasting",
                all(entries.get(with_prefix(v)) == {"ours", "deprecated"} for v in VIPS.values()), entries)
    cases.check("the view: our source is no VIP in either family", {"primary 192.0.2.1", "primary fe80::1"} <= set(rest), rest)

    for family, vip in VIPS.items():
        run(f"ip -n {ONE} addr del {with_prefix(vip)} dev eth1")
        got = driver.ask(f"hold {one} 5 {vip}")
        cases.check(f"IPv{family}: removed by others, a renewal says that it brought it back",
                    got == [f"held {vip}", f"created {vip}"], got)
    time.sleep(0.1)
    both = " ".join(VIPS.values())
    got = driver.ask(f"hold {one} 5 {both}")
    cases.check("both families in one call", sorted(got) == sorted(f"held {v}" for v in VIPS.values()), got)
    driver.ask(f"release {one} {both}")
    cases.check("released: both are gone", not listed(VIPS[4]) and not listed(VIPS[6]))
    driver.ask(f"release {one} {both}")
    driver.ask(f"release {one + 100} {both}")
    cases.check("released again, and on an interface that is gone: no error", True)
    without_six(cases, driver, one)
    got = driver.ask(f"hold {one + 100} 5 {both}")
    cases.check("held where there is no interface: each is refused by its name",
                len(got) == 2 and all(x.startswith("refused hold ") for x in got)
                and all(any(v in x for x in got) for v in VIPS.values()), got)


def without_six(cases, driver, one):
    """An MTU below 1280 ends IPv6 on an interface, and with it every address there: none is left to be released."""
    both, own = " ".join(VIPS.values()), [a for a in truth() if ":" in a]
    driver.ask(f"hold {one} 5 {both}")
    run(f"ip -n {ONE} link set eth1 mtu 1000")
    got = driver.ask(f"release {one} {both}")
    cases.check("released where IPv6 has ended: no error, and IPv4 is gone", got == [] and not listed(VIPS[4]) and not listed(VIPS[6]), got)
    run(f"ip -n {ONE} link set eth1 mtu 1500")
    run(f"ip -n {ONE} link set eth1 addrgenmode none")
    made = [a for a in truth() if ":" in a and a not in own]  # IPv6 begins anew, with an address of its own making
    batch("".join(f"addr del {a} dev eth1\n" for a in made) + "".join(f"addr replace {a} dev eth1 nodad\n" for a in own))


def ends(cases, driver, one):
    """D-1: without renewals the kernel removes them."""
    driver.ask(f"hold {one} 1 {' '.join(VIPS.values())}")
    begun = time.monotonic()
    cases.check("not renewed: both are gone by themselves within life + 1.1 s",
                wait(lambda: not listed(VIPS[4]) and not listed(VIPS[6]), 2.6), round(time.monotonic() - begun, 2))


def many(cases, driver, one):
    all_of = [f"2001:db8:1::{i:x}" for i in range(1, 1001)] + [f"198.51.{100 + i // 250}.{i % 250 + 1}" for i in range(1000)]
    begun = time.monotonic()
    got = driver.ask(f"hold {one} 30 {' '.join(all_of)}")
    first = time.monotonic() - begun
    cases.check("2000 addresses: all held and created", len([x for x in got if x.startswith("created ")]) == 2000, len(got))
    begun = time.monotonic()
    got = driver.ask(f"hold {one} 30 {' '.join(all_of)}")
    cases.check("2000 addresses renewed: all held, none created", len(got) == 2000 and all(x.startswith("held ") for x in got),
                f"{len(got)}; added in {first * 1000:.0f} ms, renewed in {(time.monotonic() - begun) * 1000:.0f} ms")
    driver.ask(f"release {one} {' '.join(all_of)}")
    cases.check("2000 addresses released", len(view(driver, one)[0]) == 3, len(view(driver, one)[0]))


def duplicate(cases, driver, one):
    """FN-27, vrrp.md 7.7: another node has the address, and somebody put it here with duplicate address detection. It asks once a
    second, until it is answered."""
    vip = VIPS[6]
    transmits = f"ip netns exec {ONE} sysctl -qw net.ipv6.conf.eth1.dad_transmits="
    run(transmits + "20")
    run(f"ip -n {ONE} addr add {vip}/128 dev eth1")
    entries, _ = view(driver, one)
    cases.check("detection runs: tentative, not failed", entries.get(vip + "/128") == {"lasting", "tentative"}, entries)
    run(f"ip -n {TWO} addr add {vip}/128 dev eth1 nodad")
    run(transmits + "1")
    failed = {"lasting", "tentative", "dad_failed"}
    cases.check("detection failed: seen", wait(lambda: view(driver, one)[0].get(vip + "/128") == failed),
                view(driver, one)[0].get(vip + "/128"))
    driver.ask(f"hold {one} 5 {vip}")
    shown = listed(vip) or {}
    cases.check("a renewal gives it a finite life, and it stays of no use", shown.get("dynamic") and shown.get("dadfailed"), shown)
    shown = view(driver, one)[0].get(vip + "/128") or set()
    cases.check("of which the kernel tells nobody: the view still has the failure", shown == failed, shown)
    driver.ask(f"release {one} {vip}")
    driver.ask(f"hold {one} 5 {vip}")
    # A worker of the kernel tells of a new IPv6 address, right afterwards.
    cases.check("released and held again: usable",
                wait(lambda: view(driver, one)[0].get(vip + "/128") == {"ours", "deprecated"}), view(driver, one)[0])
    driver.ask(f"release {one} {vip}")
    run(f"ip -n {TWO} addr del {vip}/128 dev eth1")


def source(cases, driver, one):
    """VR-006: a link-local address that is not usable yet is not our source."""
    run(f"ip -n {TWO} addr add fe80::77/64 dev eth1 nodad")
    run(f"ip -n {ONE} addr del fe80::1/64 dev eth1")
    run(f"ip -n {ONE} addr add fe80::77/64 dev eth1")
    cases.check("tentative: no IPv6 source", not [x for x in view(driver, one)[1] if x.startswith("primary fe80")])
    time.sleep(2)
    cases.check("failed: no IPv6 source", not [x for x in view(driver, one)[1] if x.startswith("primary fe80")], view(driver, one))
    run(f"ip -n {ONE} addr add fe80::1/64 dev eth1 nodad")
    cases.check("another one: that", "primary fe80::1" in view(driver, one)[1], view(driver, one)[1])
    run(f"ip -n {ONE} addr del fe80::77/64 dev eth1")
    run(f"ip -n {TWO} addr del fe80::77/64 dev eth1")
    run(f"ip netns exec {ONE} sysctl -qw net.ipv6.conf.eth1.forwarding=1")
    run(f"ip -n {ONE} link set eth1 down")
    run(f"ip -n {ONE} link set eth1 up")
    cases.check("IPv6 forwarding on: known from the next change of the link",
                wait(lambda: any(x.startswith("link ") and x.endswith(" routes_ipv6") for x in view(driver, one)[1])))
    run(f"ip netns exec {ONE} sysctl -qw net.ipv6.conf.eth1.forwarding=0")
    run(f"ip -n {ONE} addr replace fe80::1/64 dev eth1 nodad")
    run(f"ip -n {ONE} addr replace 2001:db8::1/64 dev eth1 nodad")


def forgotten(cases, one):
    """Linux before 5.18: the tag is gone when the address is read back."""
    driver = Driver(ONE, ["env", f"LD_PRELOAD={BUILD}/support/libforget_tag.so"])
    try:
        got = driver.ask(f"hold {one} 5 192.0.2.100 192.0.2.101")
        cases.check("no tag, IPv4: noticed, and both held", "tag forgotten" in got and len(got) == 5, got)
        shown = [listed(v) or {} for v in ("192.0.2.100", "192.0.2.101")]
        cases.check("no tag, IPv4: both have our label", [s.get("label") for s in shown] == ["eth1:fl"] * 2, shown)
        time.sleep(0.05)  # a renewal within 10 ms of the creation would be told as one (node/kernel/addresses.h)
        got = driver.ask(f"hold {one} 5 192.0.2.100 192.0.2.102 2001:db8::100")
        cases.check("no tag: later ones too, and a renewal creates nothing",
                    {"created 192.0.2.102", "created 2001:db8::100"} == {x for x in got if x.startswith("created")}, got)
        wait(lambda: "2001:db8::100/128" in view(driver, one)[0])
        entries, _ = view(driver, one)
        cases.check("no tag, IPv4: ours by the label", all("ours" in entries[f"192.0.2.{i}/32"] for i in (100, 101, 102)), entries)
        cases.check("no tag, IPv6: nothing tells that it is ours", "ours" not in entries["2001:db8::100/128"], entries)
        driver.ask(f"release {one} 192.0.2.100 192.0.2.101 192.0.2.102 2001:db8::100")
        cases.check("no tag: released", len(view(driver, one)[0]) == 3, view(driver, one)[0])
    finally:
        driver.end()
    driver = Driver(ONE, ["env", f"LD_PRELOAD={BUILD}/support/libforget_tag.so"])
    try:
        got = driver.ask(f"hold {one} 5 2001:db8::100")
        cases.check("no tag, IPv6 first: noticed", "tag forgotten" in got and "created 2001:db8::100" in got, got)
        got = driver.ask(f"hold {one} 5 192.0.2.100")
        cases.check("no tag, IPv6 first: IPv4 has the label from the start", (listed("192.0.2.100") or {}).get("label") == "eth1:fl", got)
        driver.ask(f"release {one} 192.0.2.100 2001:db8::100")
    finally:
        driver.end()


def changes(first, last):
    """For ip -batch: adds so many addresses, and removes all but every hundredth."""
    every = [f"10.{1 + i // 62500}.{i // 250 % 250}.{i % 250 + 1}/32" for i in range(first, last)]
    return "".join(f"addr add {a} dev eth1\n" for a in every) + "".join(
        f"addr del {a} dev eth1\n" for i, a in enumerate(every) if i % 100)


def batch(text):
    subprocess.run(["ip", "-n", ONE, "-batch", "-"], input=text, text=True, check=True)


def dropped(driver):
    """Events the kernel dropped on the sockets of the driver."""
    with namespace(ONE), open("/proc/thread-self/net/netlink") as file:
        rows = [line.split() for line in file.read().splitlines()[1:]]
    ports = set()
    for entry in os.listdir(f"/proc/{driver.child.pid}/fd"):
        with contextlib.suppress(OSError):
            ports.add(os.readlink(f"/proc/{driver.child.pid}/fd/{entry}"))
    return sum(int(row[8]) for row in rows if f"socket:[{row[9]}]" in ports)


def truth():
    links = json.loads(run(f"ip -n {ONE} -j addr show dev eth1"))
    return {f"{a['local']}/{a['prefixlen']}" for link in links for a in link.get("addr_info", [])}


def settled(driver, one):
    return wait(lambda: set(view(driver, one)[0]) == truth(), 5)


def overrun(cases, driver, one):
    """FN-04: frozen during 20,000 changes: the kernel drops events, the view is right all the same."""
    view(driver, one)
    before = dropped(driver)
    driver.child.send_signal(signal.SIGSTOP)
    batch(changes(0, 10000))
    driver.child.send_signal(signal.SIGCONT)
    first = set(view(driver, one)[0])
    lost = dropped(driver) - before
    cases.check("frozen during 20,000 changes: events were dropped", lost > 0, lost)
    cases.check("frozen: the first look afterwards is the truth", first == truth() and len(first) == 103, (len(first), len(truth())))
    batch("addr add 10.200.0.1/32 dev eth1\n")
    cases.check("and events go on from there", "10.200.0.1/32" in view(driver, one)[0])
    batch("".join(f"addr del {a} dev eth1\n" for a in sorted(truth()) if a.startswith("10.")))
    cases.check("and to the end", settled(driver, one) and len(truth()) == 3, len(truth()))


def disturbed(cases, one):
    """The same with the smallest buffer there is, looking all the while: dumps are disturbed by changes, answers get lost."""
    driver = Driver(ONE, ["env", f"LD_PRELOAD={BUILD}/support/libsmall_buffer.so"])
    try:
        view(driver, one)
        storm = threading.Thread(target=batch, args=(changes(0, 10000),))
        storm.start()
        looks_taken = 0
        while storm.is_alive():
            view(driver, one)
            looks_taken += 1
            time.sleep(0.1)
        storm.join()
        lost = dropped(driver)
        cases.check("tiny buffer, looking all the while: events were dropped", lost > 0, (lost, looks_taken))
        cases.check("tiny buffer: the view ends as the truth", settled(driver, one) and len(truth()) == 103, len(truth()))
        batch("".join(f"addr del {a} dev eth1\n" for a in sorted(truth()) if a.startswith("10.")))
        cases.check("tiny buffer: and is empty again with it", settled(driver, one) and len(truth()) == 3, len(truth()))

        several = [f"2001:db8:1::{i:x}" for i in range(1, 101)]
        got = driver.ask(f"hold {one} 5 {' '.join(several)}")
        cases.check("tiny buffer: answers that got lost are an error of each address",
                    len(got) == 100 and all(x.startswith("refused ") and x.endswith(": ENOBUFS") for x in got), got[:2])
        got = driver.ask(f"hold {one} 5 192.0.2.100")
        cases.check("tiny buffer: the next request gets its own answer", got == ["held 192.0.2.100", "created 192.0.2.100"], got)
        driver.ask(f"release {one} 192.0.2.100")
        cases.check("tiny buffer: what was held without an answer ends by itself", wait(lambda: len(truth()) == 3, 7), len(truth()))
    finally:
        driver.end()


def main():
    cases = Cases()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-addresses-test.lock", "w")), fcntl.LOCK_EX)
        stack.callback(remove, [ONE, TWO])
        build()
        driver = Driver(ONE)
        stack.callback(driver.end)
        one = index_of(ONE, "eth1")
        looks(cases, driver, one)
        ends(cases, driver, one)
        many(cases, driver, one)
        duplicate(cases, driver, one)
        source(cases, driver, one)
        forgotten(cases, one)
        overrun(cases, driver, one)
        disturbed(cases, one)
    cases.finish()


if __name__ == "__main__":
    main()
