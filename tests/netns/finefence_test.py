#!/usr/bin/python3
"""The finer fence on a real wire (failure-model 10.2, FN-01, FN-02): fence_runner beats for two VIPs in namespace a, a
prober in b asks for them every 2 ms by ARP, neighbour solicitation, ping and ping6; a router's third leg is c. On an emulated
machine (FAIRLEAD_SLOW=10: so many times slower) it asks less often and is told later.
What must hold: nothing of the VIP is heard later than its time after the last advert, whatever became of the process;
everything is heard while adverts leave; other tables stay as they are."""
import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from finefence_wire import (  # noqa: E402
    AWAY, BUILD, MAC_A, PERIOD_MS, SILENT_MS, VIP4, Freezer, Prober, Runner, build, inside, names, remove, run)
from labkit.cases import Cases  # noqa: E402

KINDS = ("arp", "nd", "ping", "ping6")
# Kernel ticks on both ends, and a busy machine between the clock reading and the packet.
LATE_MS, EARLY_MS = 28 + PERIOD_MS, 28 + PERIOD_MS
GAP_MS = 98 + PERIOD_MS
FOREIGN = """table inet foreign {
  set s { type ipv4_addr; flags timeout; elements = { 192.0.2.1 timeout 1h } }
  chain c { type filter hook input priority 0; policy accept; ip saddr @s counter accept; }
}
table netdev foreign {
  chain c { type filter hook ingress device eth1 priority 0; policy accept; counter; }
}
table arp foreign { }
"""


def ms(ns):
    return round(ns / 1e6, 1)


def silent_since(prober, since):
    """What was heard of the VIPs since then, by kind; and whether anybody asked."""
    now = time.monotonic_ns()
    return {k: len(prober.of(k, since)) for k in KINDS if prober.of(k, since)}, prober.questions(since, now)


def check_silence(cases, name, prober, runner):
    """After the last advert: everything is heard up to its time, and nothing later."""
    time.sleep(SILENT_MS / 1000 + 0.4)
    last = max(runner.all("sent"))
    ends = {k: ms(max(prober.of(k, last), default=last) - last) for k in KINDS}
    cases.check(f"{name}: each kind is silent {SILENT_MS} ms after the last advert, and not before",
                all(SILENT_MS - EARLY_MS <= end <= SILENT_MS + LATE_MS for end in ends.values()), ends)
    asked = prober.questions(last + (SILENT_MS + LATE_MS) * 10**6, time.monotonic_ns())
    cases.check(f"{name}: while it was asked", asked >= 100 / PERIOD_MS, asked)


def check_answers(cases, name, prober, runner):
    begun = time.monotonic_ns()
    runner.tell("go")
    first = runner.wait("sent", begun)
    time.sleep(0.5)
    firsts = {k: ms(min(prober.of(k, first), default=1 << 62) - first) for k in KINDS}
    cases.check(f"{name}: each kind is answered at once after the first advert",
                all(after <= 38 + PERIOD_MS for after in firsts.values()) and not any(prober.of(k, begun, first) for k in KINDS), firsts)


def check_kernel_claims(cases, name, prober, heard):
    """What the kernel says by itself when the link's address changes (as bonds do on failover)."""
    since = time.monotonic_ns()
    for address in ("02:fa:1e:ad:00:0c", MAC_A):
        run(f"ip -n {names()[0]} link set eth1 address {address}")
    time.sleep(0.3)
    said = {k: len(prober.of(k, since)) for k in ("garp", "unsolicited")}
    cases.check(f"{name}: the kernel's own claims are {'heard' if heard else 'held back'}",
                all(said.values()) if heard else not any(said.values()), said)


def tables():
    """Everything but the fence's table and counters."""
    text = run(inside("a") + "nft -j list ruleset")
    rest = [o for o in json.loads(text)["nftables"] if "fairlead_fence" not in json.dumps(o)]
    return re.sub(r'"(packets|bytes|expires)": \d+', "", json.dumps(rest))


def ours():
    return "fairlead_fence" in run(inside("a") + "nft list tables")


def life(cases, prober, runner):
    time.sleep(0.3)
    said, asked = silent_since(prober, time.monotonic_ns() - 2 * 10**8)
    cases.check("begin: a local address of a group that never sent is not heard", not said and asked > 40 / PERIOD_MS, (said, asked))
    check_kernel_claims(cases, "silent", prober, False)
    check_answers(cases, "begin", prober, runner)
    check_kernel_claims(cases, "beating", prober, True)
    shown = run(inside("a") + "nft list table netdev fairlead_fence")
    cases.check("nft can show the table, and who is live", re.search(rf"{VIP4} timeout \d+ms expires", shown),
                re.findall(rf"{VIP4} timeout \S+ expires \S+", shown))
    since = time.monotonic_ns()
    time.sleep(1)
    gaps = {k: ms(max(b - a for a, b in zip(prober.of(k, since), prober.of(k, since)[1:]))) for k in KINDS}
    cases.check("beating: no gap", all(gap < GAP_MS for gap in gaps.values()), gaps)
    runner.tell("stop")
    check_silence(cases, "no adverts", prober, runner)
    before = time.monotonic_ns()
    runner.tell("zero")
    time.sleep(0.2)
    said, _ = silent_since(prober, before)
    cases.check("priority 0 leaves, and opens nothing", len(prober.of("vrrp", before)) == 1 and not said, said)
    away = prober.of("away", time.monotonic_ns() - 2 * 10**8)
    cases.check("silent: packets to an address of the group that is not local pass", len(away) > 40 / PERIOD_MS, len(away))


def freeze(cases, name, prober, runner, stop, go_on):
    check_answers(cases, name, prober, runner)
    stop()
    check_silence(cases, name, prober, runner)
    thawed = time.monotonic_ns()
    go_on()
    refused = runner.wait("refused", thawed)
    time.sleep(0.3)
    said, _ = silent_since(prober, thawed)
    adverts = len(prober.of("vrrp", thawed)) + len(prober.of("vrrp6", thawed))
    cases.check(f"{name}, thawed: the late advert does not leave, the process is told, nothing is heard",
                refused and not adverts and not said, (bool(refused), adverts, said))


def flushed(cases, prober, runner):
    check_answers(cases, "before the flush", prober, runner)
    begun = time.monotonic_ns()
    run(inside("a") + "nft flush ruleset")
    repaired = runner.wait("repaired", begun)
    time.sleep(0.5)
    heard = {k: prober.of(k, begun) for k in KINDS}
    gaps = {k: ms(max((b - a for a, b in zip(at, at[1:])), default=10**12)) for k, at in heard.items()}
    cases.check("nft flush ruleset by others: noticed, put back, and an Active group goes on being heard",
                repaired and ours() and all(gap < GAP_MS for gap in gaps.values()) and not runner.all("refused", begun),
                (ms(repaired - begun) if repaired else None, gaps))
    runner.tell("stop")
    check_silence(cases, "after the flush", prober, runner)
    flushed_while_silent(cases, prober, runner)


def flushed_while_silent(cases, prober, runner):
    """Nothing beats any more: what was silent may be heard until the table is back, and is silent with it."""
    begun = time.monotonic_ns()
    run(inside("a") + "nft flush ruleset")
    repaired = runner.wait("repaired", begun)
    time.sleep(SILENT_MS / 1000 + 0.1)
    ends = {k: ms(max(prober.of(k, begun), default=begun) - repaired) for k in KINDS} if repaired else {}
    asked = prober.questions(repaired, time.monotonic_ns()) if repaired else 0
    cases.check("nft flush ruleset once nothing beats: the table that is put back opens nothing, while it was asked",
                repaired and asked >= 100 / PERIOD_MS and all(end <= 8 + PERIOD_MS for end in ends.values()), (asked, ends))


FENCE = "netdev fairlead_fence"


def loosened(cases, prober, runner):
    """What others change in the table without a rule more or less is put back, too, and an Active group goes on being heard."""
    inward = re.search(r"chain (in_\d+) ", run(inside("a") + f"nft list table {FENCE}")).group(1)
    for what, change in (("an address that is never silent", f"add element {FENCE} live4 {{ {AWAY} }}"),
                         ("a group that always beats", f"add element {FENCE} beating {{ lo . arp . 99 }}"),
                         ("a policy that drops everything", f"add chain {FENCE} {inward} {{ policy drop; }}")):
        check_answers(cases, f"before {what}", prober, runner)
        runner.tell("stop")
        time.sleep(SILENT_MS / 1000 + 0.1)
        begun = time.monotonic_ns()
        run(inside("a") + "nft -f -", input=change + "\n")
        repaired = runner.wait("repaired", begun)
        shown = run(inside("a") + f"nft list table {FENCE}")
        cases.check(f"{what}, by others: noticed, the table is put back", repaired and "policy drop" not in shown and not re.search(
            r"set (?:live4|beating) \{[^}]*elements = ", shown), (ms(repaired - begun) if repaired else None, shown[:600]))
    check_answers(cases, "after all that", prober, runner)


def clean(cases, prober, runner):
    runner.kill()
    run(inside("a") + "nft -f -", input=FOREIGN)
    foreign = tables()
    with tempfile.TemporaryDirectory(prefix="fairlead-finefence-") as folder:
        for wanted in (True, False):
            said = run(inside("a") + f"{BUILD}/node/fairlead-node cleanup --state-dir {folder}")
            told = "removed nft table netdev fairlead_fence" in said
            cases.check(f"cleanup {'removes the table' if wanted else 'again has nothing to remove'}",
                        told == wanted and not ours(), said)
    cases.check("and leaves other tables", tables() == foreign)
    since = time.monotonic_ns()
    time.sleep(0.2)
    said, _ = silent_since(prober, since)
    cases.check("without the table the address is heard again", len(said) == len(KINDS), said)


def prepared(cases):
    """What the fence needs may be built in: the kernel is asked, not its list of modules."""
    check = subprocess.run((inside("a") + BUILD + "/node/fairlead-node prepare-host --check").split(), text=True, stdout=subprocess.PIPE)
    said = re.findall("^module +nft_fib_netdev.*", check.stdout, re.M)
    cases.check("prepare-host --check finds what the fence needs", len(said) == 1 and re.search(" (loaded|built in) +ok$", said[0]), said)


def without_ipvs(cases):
    """A node whose VIPs are all Delegate starts without it; where the kernel has it nothing of this is said. In a namespace of
    its own, whose sysctls it sets."""
    done = subprocess.run(["unshare", "-n", BUILD + "/node/fairlead-node", "prepare-host"], text=True, stdout=subprocess.PIPE)
    module = re.search("^module +ip_vs .*", done.stdout, re.M)
    lacks = "missing" in module[0]
    last = done.stdout.strip().splitlines()[-1]
    cases.check("prepare-host ends with 0 with IPVS and without", done.returncode == 0, done.stdout)
    cases.check("and warns where the kernel has none",
                ("WARNING" in module[0]) == lacks and last.startswith("WARNING: this kernel has no IPVS") == lacks, (module[0], last))


def play(cases, stack):
    run(inside("a") + "nft -f -", input=FOREIGN)
    foreign = tables()
    prepared(cases)
    without_ipvs(cases)
    cases.check("and leaves no table", tables() == foreign)
    run(inside("a") + "sysctl -q -w net.ipv4.conf.all.arp_notify=1 net.ipv6.conf.all.ndisc_notify=1 "
                      "net.ipv4.conf.eth1.arp_notify=1 net.ipv6.conf.eth1.ndisc_notify=1")
    prober = Prober()
    stack.callback(prober.end)
    runner = Runner()
    stack.callback(lambda: runner.kill())
    life(cases, prober, runner)
    freeze(cases, "SIGSTOP", prober, runner, lambda: runner.signal(signal.SIGSTOP), lambda: runner.signal(signal.SIGCONT))
    freezer = Freezer(runner.child.pid)
    stack.callback(freezer.remove)
    stack.callback(freezer.thaw)
    freeze(cases, "frozen cgroup", prober, runner, freezer.freeze, freezer.thaw)
    check_answers(cases, "before kill -9", prober, runner)
    runner.kill()
    check_silence(cases, "kill -9", prober, runner)
    runner = Runner()
    time.sleep(0.2)
    said, _ = silent_since(prober, time.monotonic_ns() - 10**8)
    cases.check("a new run replaces what the dead one left, and begins silent", not said, said)
    cases.check("other tables are as they were", tables() == foreign)
    flushed(cases, prober, runner)
    loosened(cases, prober, runner)
    runner.tell("leave")
    cases.check("no group left: no table left", not ours())
    runner.kill()
    runner = Runner()
    check_answers(cases, "before cleanup", prober, runner)
    clean(cases, prober, runner)


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("all", "needs root, for namespaces")
        cases.finish()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-finefence-test.lock", "w")), fcntl.LOCK_EX)
        stack.callback(remove)
        build()
        play(cases, stack)
    cases.finish()


if __name__ == "__main__":
    main()
