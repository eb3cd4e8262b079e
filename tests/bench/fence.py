#!/usr/bin/python3
"""What the finer fence costs, and what the other way to build it would (failure-model 10.2): figures, no verdict.

fence.py [SECONDS]      seconds for each figure, 10 by default; needs root, nft, and bench_fence built

netlink   each beat deletes and adds its elements in one nf_tables transaction
packet    the advert itself renews them, by rules of the kernel's own (what Fairlead does)
Alone, and while somebody else replaces a table of 10,000 rules without pause. The beating thread runs as SCHED_RR on
a processor of its own, so that what shows is the wait for the others' lock; once more on any processor, where a kernel
without preemption also lets it wait for a commit that runs there, fence or no fence. Then the other way round: how
long `nft list ruleset` of that table takes beside either; and what any packet through the interface pays."""
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release") + "/bench/bench_fence"
ONE, TWO = "fairlead-benchfence-1", "fairlead-benchfence-2"
RULES = 10_000
LIST_LIMIT_S = 10
ROUNDS = 5


def run(command, **options):
    return subprocess.run(command.split(), check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def inside(name, command):
    return f"ip netns exec {name} {command}"


def remove():
    there = run("ip netns list").split()
    for name in (ONE, TWO):
        if name in there:
            run(f"ip netns del {name}")


def build():
    remove()
    for name in (ONE, TWO):
        run(f"ip netns add {name}")
    run(f"ip -n {ONE} link add eth1 type veth peer name eth1 netns {TWO}")
    for name, address in ((ONE, "203.0.113.1/24"), (TWO, "203.0.113.2/24")):
        run(f"ip -n {name} link set eth1 up")
        run(f"ip -n {name} address add {address} dev eth1")
    # Nobody's address: what is sent there ends in the other side's routing, unanswered.
    run(f"ip -n {ONE} neigh add 203.0.113.9 lladdr 02:00:00:00:00:09 dev eth1")


def on_processor(which):
    """The first for who beats, the last for everybody else."""
    allowed = sorted(os.sched_getaffinity(0))
    return f"taskset -c {allowed[which]} "


def bench(words, background=False, pinned=True):
    command = inside(ONE, f"chrt -r 1 {on_processor(0) if pinned else ''}{BENCH} {words}").split()
    if background:
        return subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
    return figures(subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout)


def figures(line):
    return {name: float(value) for name, value in (part.split("=") for part in line.split())}


def write_rules(path):
    with open(path, "w") as file:
        file.write("table ip bench\ndelete table ip bench\ntable ip bench {\n chain c {\n")
        for i in range(RULES):
            file.write(f"  ip saddr 10.{i >> 16}.{i >> 8 & 255}.{i & 255} tcp dport {1000 + i % 5000} counter accept\n")
        file.write(" }\n}\n")


@contextlib.contextmanager
def noise(namespace, path, pinned):
    """Somebody who commits the 10,000 rules there again and again; yields a list of how long each commit took, in ms."""
    took = []
    child = subprocess.Popen(inside(namespace, "sh -c").split() + [
        f"while [ -e {path} ]; do date +%s%N; {on_processor(-1) if pinned else ''}nft -f {path} && date +%s%N; done"], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    time.sleep(1)
    try:
        yield took
    finally:
        os.rename(path, path + ".off")
        stamps = [int(x) for x in child.communicate()[0].split()]
        os.rename(path + ".off", path)
        took += [(b - a) / 1e6 for a, b in zip(stamps[::2], stamps[1::2])]


def say(name, told):
    print(f"{name:34} cpu {told['cpu_percent']:6.2f} %  each {told['cpu_each']:7.1f} us  took p50 {told['took_p50'] / 1e3:7.3f} "
          f"p99.9 {told['took_p99.9'] / 1e3:8.3f} ms  late p50 {told['late_p50'] / 1e3:8.3f} p99 {told['late_p99'] / 1e3:8.3f} "
          f"p99.9 {told['late_p99.9'] / 1e3:8.3f} max {told['late_max'] / 1e3:8.3f} ms" +
          (f"  ran out {told['expired']:.0f}" if told.get("expired") else ""), flush=True)


WAYS = (("netlink, a transaction a group", "refresh", "group"), ("netlink, one for all", "refresh", "turn"),
        ("packet", "adverts", "fenced"), ("adverts without a fence", "adverts", "bare"))


def under_noise(seconds, path, groups, interval, pinned):
    print(f"  while {RULES} rules are committed without pause, {'on another processor' if pinned else 'on any processor'}")
    for name, way, mode in WAYS:
        with noise(ONE, path, pinned) as took:
            told = bench(f"{way} {groups} {interval} {mode} {seconds}", pinned=pinned)
        say(name, told)
        print(f"{'':34} their commits: {len(took)}, median {statistics.median(took or [0]):.0f} ms", flush=True)


def beats(seconds, path):
    for groups, interval in ((255, 100), (255, 250), (1, 100)):
        print(f"\n{groups} groups x {interval} ms; a quarter of the interval is {interval / 4:.0f} ms")
        for name, way, mode in WAYS:
            say(name, bench(f"{way} {groups} {interval} {mode} {seconds}"))
        under_noise(seconds, path, groups, interval, True)
    print(f"\n{groups} group x {interval} ms")
    under_noise(seconds, path, groups, interval, False)


def timed(command):
    begun = time.monotonic()
    done = subprocess.run(["timeout", str(LIST_LIMIT_S)] + inside(ONE, command).split(), stdout=subprocess.DEVNULL)
    return (time.monotonic() - begun) * 1e3, done.returncode == 0


def others(path):
    print(f"\nnft list ruleset of {RULES} rules, in ms, beside somebody who beats")
    run(inside(ONE, f"nft -f {path}"))
    for name, words in (("nobody", None), ("netlink, 1 group x 1 s", "refresh 1 1000 group 60"),
                        ("netlink, 1 group x 100 ms", "refresh 1 100 group 60"),
                        ("netlink, 255 groups x 100 ms", "refresh 255 100 group 60"),
                        ("packet, 255 groups x 100 ms", "adverts 255 100 fenced 60")):
        child = bench(words, True) if words else None
        time.sleep(0.5)
        shown = [f"{took:.0f}" if whole else f"none in {LIST_LIMIT_S} s" for took, whole in
                 (timed("nft list ruleset") for _ in range(3))]
        print(f"{name:34} {', '.join(shown)}", flush=True)
        if child:
            child.kill()
            child.communicate()
            subprocess.run(inside(ONE, "nft delete table netdev fairlead_fence").split(), stderr=subprocess.DEVNULL)
    run(inside(ONE, "nft flush ruleset"))


def packets(seconds):
    print("\nany packet through the interface, ns of sender and receiver together, median of", ROUNDS)
    told = {"no fence": [], "egress": [], "ingress": []}
    for _ in range(ROUNDS):
        for name, place in (("no fence", None), ("egress", ONE), ("ingress", TWO)):
            child = subprocess.Popen(inside(place, f"{BENCH} hold 255").split(), stdin=subprocess.PIPE, text=True,
                                     stdout=subprocess.PIPE) if place else None
            if child:
                child.stdout.readline()
            told[name].append(bench(f"packets {max(1, seconds // ROUNDS)} 203.0.113.9")["ns_each"])
            if child:
                child.communicate()
    bare = statistics.median(told["no fence"])
    for name, each in told.items():
        print(f"{name:34} {statistics.median(each):7.1f} ({min(each):.1f}..{max(each):.1f})  ratio {statistics.median(each) / bare:.3f}")


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    if os.geteuid() != 0:
        sys.exit("needs root, for namespaces")
    with tempfile.TemporaryDirectory(prefix="fairlead-benchfence-") as folder, contextlib.ExitStack() as stack:
        write_rules(folder + "/rules.nft")
        stack.callback(remove)
        build()
        print("load", " ".join(open("/proc/loadavg").read().split()[:3]), " cores", os.cpu_count(), " kernel", os.uname().release)
        beats(seconds, folder + "/rules.nft")
        others(folder + "/rules.nft")
        packets(seconds)


if __name__ == "__main__":
    main()
