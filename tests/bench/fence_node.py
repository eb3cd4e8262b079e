#!/usr/bin/python3
"""What the finer fence costs fairlead-node, and how late its adverts leave with it (failure-model 10.2, P-4, P-5): figures, no verdict.

fence_node.py [SECONDS [FAMILY INTERVAL ROUNDS]]      seconds for each figure, 10 by default; needs root and nft. With the rest only one
                                                     family (4, 6) and interval (ms), without --realtime, so many times in turn

The daemon itself, Master of 255 groups of one address each, of one family and one interval, with and without --no-finer-fence, with
and without --realtime; quiet, and beside somebody who replaces a table of 10,000 rules in its namespace without pause. How late
adverts are is captured at another node with the kernel's stamps; cpu is the daemon's, as a share of one processor. "stood still": how often, and for how long at most, a real-time thread beside it did
not get its processor (stalls.py): a host that took it away, or work of the kernel that nothing preempts, such as a commit."""
import contextlib
import fcntl
import os
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/bench", TREE + "/tests/netns", TREE + "/tests/interop"]
import beats  # noqa: E402
import fence  # noqa: E402
import stalls  # noqa: E402
import twonodes_wire as wire  # noqa: E402
from twonodes_daemons import Daemon, until, vrrp_group  # noqa: E402

GROUPS = 255


def groups(family, interval):
    vip = {4: "198.51.100.{0}", 6: "fe80::f:{0:x}"}[family]
    return [vrrp_group(wire.Group(f"g{n}", family, interval, n, vip.format(n)), False) for n in range(1, GROUPS + 1)]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def figure(daemon, seconds, interval):
    used, begun = cpu_seconds(daemon.child.pid), time.monotonic()
    with stalls.watched() as stood:
        seen = beats.watch_for(wire.namespace("p"), wire.mac(wire.MACS["a"]), seconds)
    still = f"stood still {len(stood.found)} times, at most {stood.longest(0, time.monotonic_ns()):.0f} ms"
    share = 100 * (cpu_seconds(daemon.child.pid) - used) / (time.monotonic() - begun)
    late = beats.of_all(seen, interval)
    shown = "  ".join(f"{name} {beats.percentile(late, part):8.3f}" for name, part in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1)))
    return f"cpu {share:5.1f} %  late {shown} ms  {len(seen)} groups, {len(late)} adverts; {still}" if late else \
        f"cpu {share:5.1f} %  no adverts; {still}"


def moves(daemon):
    return len(daemon.logged("vrrp.became_active")), len(daemon.logged("vrrp.became_backup"))


def measure(folder, rules, seconds, family, interval, options):
    daemon = Daemon("a", tempfile.mkdtemp(dir=folder), groups(family, interval), " ".join(options))
    daemon.start()
    name = f"IPv{family}  {' '.join(options) or 'the fence'}"
    try:
        if not until(lambda: len(daemon.logged("vrrp.became_active")) >= GROUPS, 60, 0.2):
            print(f"{name:42} does not settle: {moves(daemon)}", flush=True)
            return
        time.sleep(6)  # the announcements of the promotion
        before = moves(daemon)
        print(f"{name:42} quiet       {figure(daemon, seconds, interval)}", flush=True)
        with fence.noise(wire.namespace("a"), rules, False) as took:
            told = figure(daemon, seconds, interval)
        wire.inside("a", "nft delete table ip bench")
        median = sorted(took)[len(took) // 2] if took else 0
        print(f"{name:42} committing  {told}; {len(took)} commits, median {median:.0f} ms", flush=True)
        fenced = re.findall(r"^fairlead_node_fenced_groups (\S+)$", wire.inside("a", "curl -s http://127.0.0.1:9473/metrics"), re.M)
        if moves(daemon) != before or fenced != ["0" if "--no-finer-fence" in options else str(GROUPS)]:
            print(f"{'':42} became Master and Backup {before} -> {moves(daemon)}, fenced {fenced}", flush=True)
    finally:
        daemon.end(15)


def heading(interval, realtime=()):
    print(f"\n{GROUPS} groups x {interval} ms{', ' + realtime[0] if realtime else ''}; a quarter of the interval is {interval / 4:.1f} ms", flush=True)


def everything(folder, rules, seconds):
    for realtime in ((), ("--realtime",)):
        for interval in (100, 250):
            heading(interval, realtime)
            for family in (4, 6):
                for options in ((), ("--no-finer-fence",)):
                    measure(folder, rules, seconds, family, interval, (*options, *realtime))


def again(folder, rules, seconds, family, interval, rounds):
    heading(interval)
    for _ in range(rounds):
        for options in ((), ("--no-finer-fence",)):
            measure(folder, rules, seconds, family, interval, options)


def main():
    if len(sys.argv) not in (1, 2, 5):
        sys.exit(__doc__)
    seconds, *chosen = [int(word) for word in sys.argv[1:]] or [10]
    if os.geteuid() != 0:
        sys.exit("needs root, for namespaces")
    with contextlib.ExitStack() as stack:
        # The namespaces are those of tests/netns/twonodes_test.py.
        fcntl.flock(stack.enter_context(open("/run/fairlead-twonodes-test.lock", "w")), fcntl.LOCK_EX)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-benchfence-"))
        fence.write_rules(folder + "/rules.nft")
        stack.callback(wire.remove)
        wire.build()
        print("load", " ".join(open("/proc/loadavg").read().split()[:3]), " cores", os.cpu_count(), " kernel", os.uname().release, flush=True)
        if chosen:
            again(folder, folder + "/rules.nft", seconds, *chosen)
        else:
            everything(folder, folder + "/rules.nft", seconds)


if __name__ == "__main__":
    main()
