#!/usr/bin/python3
"""Two fairlead-node daemons and one prober on a wire (failure-model I-1, P-2, 10.2): whatever stops the Master, the last that is
heard of a VIP from it comes before the first that is heard from the other. Each daemon has a group of each family at 100 ms and at
250 ms, so that one blow strikes all four. The controls run the same without the finer fence, and with `transport: Unicast`.
On an emulated machine (FAIRLEAD_SLOW, see twonodes_wire.py) nothing is played but kills, SIGSTOP, frozen cgroups and controls.
Arguments: how often each thing is done (1; 25 with FAIRLEAD_LONG=1), and the seed of what is drawn (printed)."""
import contextlib
import fcntl
import os
import random
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/netns"]
from labkit.cases import Cases  # noqa: E402
from twonodes_daemons import Freezer, Pair, hung, ms, overlaps, until  # noqa: E402
from twonodes_wire import CLAIMS, GROUPS, NODES, SLOW, Prober, Server, build, hear_multicast, inside, remove  # noqa: E402

LONG = os.environ.get("FAIRLEAD_LONG") == "1"
# Until the fence is put back after others have removed it: the quarter of a second in which it is looked for, and the commit.
REPAIRED_MS = 250 + 70
# Between the moment at which a kernel timer should strike and a word that was on its way: a tick, on a busy machine.
TICK_MS = 15
# P-2 without the finer fence, in ms, by interval.
MOST_OVERLAP = {100: 1900, 250: 1400}
LONGEST_INTERVAL = 0.25


def name_of(group):
    return f"{group.interval} ms, IPv{group.family}"


def repeat(cases, drawn, name, pair, count, how, go_on, gone):
    """`go_on` brings the stopped one back; if `gone`, as another process."""
    stops, late = [], []
    for _ in range(count):
        stop = pair.stop(how, drawn.uniform(0, LONGEST_INTERVAL))
        if stop is None:
            break
        stops.append(stop)
        thawed = time.monotonic_ns()
        go_on(pair.daemons[pair.old])
        if not gone:
            time.sleep(0.6)
            late += [group.name for group in GROUPS if pair.prober.of(group, pair.old, (*CLAIMS[group.family], "vrrp"), thawed)]
        pair.swap()
    cases.check(f"{name}: taken over each time, in ms", len(stops) == count, sorted(took for _, took in stops))
    for group in GROUPS:
        margins = sorted(stop[0][group] for stop in stops)
        cases.check(f"{name}, {name_of(group)}: the other is first heard after the last word of the old one, in ms", margins and margins[0] > 0, margins)
    if not gone:
        cases.check(f"{name}: once it runs again it says nothing", stops and not late, late)


def freezes(cases, drawn, pair, freezer, count):
    """FN-02: 0.1 to 1.2 s, so that some end before the others take over, some after, and some as they do."""
    lengths = [drawn.uniform(0.1 + 1.1 * n / count, 0.1 + 1.1 * (n + 1) / count) for n in range(count)]
    drawn.shuffle(lengths)
    margins, moved, lost = {group: [] for group in GROUPS}, 0, []
    for number, length in enumerate(lengths):
        if not until(lambda: all(pair.holder(group) for group in GROUPS), 10):
            lost.append(f"before {length:.3f} s")
            break
        holders = {group: pair.holder(group) for group in GROUPS}
        struck = holders[GROUPS[number % len(GROUPS)]]
        pair.prober.forget()
        time.sleep(drawn.uniform(0, LONGEST_INTERVAL))
        begun, daemon = time.monotonic_ns(), pair.daemons[struck]
        if number % 2:
            freezer.freeze(daemon)
        else:
            daemon.child.send_signal(signal.SIGSTOP)
        time.sleep(length)
        if number % 2:
            freezer.thaw(daemon)
        else:
            daemon.child.send_signal(signal.SIGCONT)
        # The longest Active_Down_Interval, after what was heard last.
        time.sleep(1.2)
        for group in GROUPS:
            if holders[group] != struck:
                margin = -1 if pair.prober.claims(group, struck, begun) else None
            else:
                margin = pair.margin(group, begun, struck)
            if margin is not None:
                margins[group].append(margin)
                moved += 1
    cases.check(f"{count} freezes of 0.1 to 1.2 s: after each one every group is answered for by one node",
                not lost and until(lambda: all(pair.holder(group) for group in GROUPS), 10), lost)
    for group in GROUPS:
        cases.check(f"{count} freezes of 0.1 to 1.2 s, {name_of(group)}: where the other took over, it is first heard after the last word of the old one, in ms",
                    margins[group] and min(margins[group]) > 0, sorted(margins[group]))
    cases.check("some groups moved, and some did not", 0 < moved < count * len(GROUPS), f"{moved} of {count * len(GROUPS)}")


def lost_advert(cases, pair, chosen):
    """FN-35: the other does not hear the last advert, and counts from the one before it: both may be heard for an interval less
    20 ms, and for no longer. Of the groups whose adverts fell between, the same holds for as many as were lost."""
    pair.prober.forget()
    if not cases.check(f"the last advert of {chosen.name} is lost: both are ready", pair.ready()):
        return
    since = time.monotonic_ns()

    def heard(begun):
        return pair.prober.of(chosen, pair.old, ("vrrp",), begun)
    until(lambda: heard(since), 2, 0.001)
    deaf = time.monotonic_ns()
    hear_multicast(pair.new, False)
    until(lambda: heard(deaf), 2, 0.001)
    pair.daemons[pair.old].end()
    killed = time.monotonic_ns()
    hear_multicast(pair.new, True)
    cases.check(f"the last advert of {chosen.name} is lost: the other takes over", pair.answered(killed))
    until(lambda: pair.lists_none(pair.old), 4, 0.1)
    for group in GROUPS:
        lost = len([at for at in pair.prober.of(group, pair.old, ("vrrp",), deaf) if at <= killed])
        margin = pair.margin(group, deaf)
        if lost > 1 or margin is None:
            continue  # a partition, in which both go on
        allowed = lost * group.interval - 20 + TICK_MS if lost else 0
        cases.check(f"{name_of(group)}, {lost} lost: both are heard for {max(0, allowed)} ms at most{', and are' if group is chosen else ''}",
                    -margin <= allowed and (group is not chosen or lost == 1 and margin < 0), -margin)
    pair.daemons[pair.old].start()
    pair.swap()


def restarted(cases, pair, count):
    """FN-01 at 250 ms, as hosts hear it: the old one resumes within the time of its last advert. Its new process begins with a
    table in which all is silent until its first advert."""
    slow = [group for group in GROUPS if group.interval == 250]
    reasons, silences, others, fast = [], [], [], []
    for number in range(count):
        if number and not pair.gather() or not pair.ready():
            break
        pair.prober.forget()
        begun, daemon = time.monotonic_ns(), pair.daemons[pair.old]
        until(lambda: all(pair.prober.of(group, pair.old, ("vrrp",), begun) for group in slow), 2, 0.001)
        begun = time.monotonic_ns()
        daemon.end()
        daemon.start()
        until(lambda: all(daemon.state(group) == "became_active" for group in slow), 2)
        time.sleep(1.5)
        for group in slow:
            reasons += [line.split("reason=")[1].split()[0] for line in daemon.logged(f"vrrp.became_active group={group.name} ")]
            silences.append(max(pair.silences(group, pair.old, begun).values()))
            others += pair.prober.claims(group, pair.new, begun)
        fast += [pair.margin(group, begun) for group in GROUPS if group not in slow]
    cases.check("killed and started again at once, 250 ms: both families resume", reasons == ["Resumed"] * count * len(slow), reasons)
    cases.check("killed and started again at once, 250 ms: the other says nothing", reasons and not others, len(others))
    cases.check("killed and started again at once, 250 ms: hosts are answered all the time but for 100 ms at most", silences and max(silences) <= 100, silences)
    cases.check("killed and started again at once, 100 ms: if the other took over, it did after the last word", len(fast) == count * 2 and all(
        margin is None or margin > 0 for margin in fast), fast)
    cases.check("all groups are brought back", pair.gather())


def flushed(cases, pair, count):
    """`nft flush ruleset` by others: the table is put back, and a living Master is heard all the time."""
    if not cases.check("nft flush ruleset: both are ready", pair.ready()):
        return
    pair.prober.forget()
    begun, back = time.monotonic_ns(), []
    for _ in range(count):
        inside(pair.old, "nft flush ruleset")
        at = time.monotonic_ns()
        until(lambda: fence_of(pair.old), 2)
        back.append(ms(time.monotonic_ns() - at))
        time.sleep(0.4)
    silences = {group.name: max(pair.silences(group, pair.old, begun).values()) for group in GROUPS}
    cases.check(f"nft flush ruleset: the fence is back within {REPAIRED_MS} ms", max(back) <= REPAIRED_MS, back)
    cases.check("nft flush ruleset: a Master is heard all the time, longest silence in ms", max(silences.values()) < 100, silences)
    cases.check("nft flush ruleset: nobody else is", not any(pair.prober.claims(group, pair.new, begun) for group in GROUPS))


def fence_of(node):
    return "fairlead_fence" in inside(node, "nft list tables")


def hung_thread(cases, pair, count):
    """Only the vrrp thread stands still. Others then remove the fence: it is put back, and opens nothing for a thread that does
    not move. The address is still there, as its lifetime has not ended."""
    fast = [group for group in GROUPS if group.interval == 100]
    margins, opened = {group: [] for group in GROUPS}, []
    for _ in range(count):
        if not pair.ready():
            break
        pair.prober.forget()
        begun = time.monotonic_ns()
        with hung(pair.daemons[pair.old].thread("vrrp")):
            answered = pair.answered(begun, fast)
            time.sleep(0.05)
            before = {group: pair.margin(group, begun) for group in fast}
            at = time.monotonic_ns()
            inside(pair.old, "nft flush ruleset")
            time.sleep(0.5)
            opened += [pair.last_word(group, pair.old, at) for group in fast]
            answered = answered and pair.answered(begun)
            until(lambda: pair.lists_none(pair.old), 4, 0.1)
            before.update({group: pair.margin(group, begun) for group in GROUPS if group not in fast})
        for group in GROUPS:
            margins[group].append(before[group] if answered else None)
        time.sleep(0.6)
        pair.swap()
    for group in GROUPS:
        cases.check(f"only the vrrp thread hangs, {name_of(group)}: the other is first heard after the last word of the old one, in ms",
                    len(margins[group]) == count and all(margin and margin > 0 for margin in margins[group]), margins[group])
    cases.check(f"only the vrrp thread hangs, nft flush ruleset: the old one is heard until the fence is back, {REPAIRED_MS} ms at most, in ms",
                len(opened) == count * len(fast) and 0 < max(opened) <= REPAIRED_MS, opened)


def fenced(cases, drawn, prober, folder, count):
    pair = Pair(prober, folder + "/fenced").start()
    with contextlib.ExitStack() as stack:
        freezer = Freezer()
        stack.callback(freezer.remove)
        stack.callback(pair.end)
        stack.callback(hear_multicast, "a", True)
        stack.callback(hear_multicast, "b", True)
        repeat(cases, drawn, "kill -9", pair, count, lambda d: d.end(), lambda d: d.start(), True)
        repeat(cases, drawn, "SIGSTOP", pair, count, lambda d: d.child.send_signal(signal.SIGSTOP), lambda d: d.child.send_signal(signal.SIGCONT), False)
        repeat(cases, drawn, f"frozen cgroup of version {freezer.version}", pair, count, freezer.freeze, freezer.thaw, False)
        if SLOW == 1:
            freezes(cases, drawn, pair, freezer, 6 * count)
            pair.gather()
            for chosen in GROUPS if LONG else drawn.sample(GROUPS[:2], 1) + drawn.sample(GROUPS[2:], 1):
                lost_advert(cases, pair, chosen)
            restarted(cases, pair, count)
            flushed(cases, pair, 3)
            hung_thread(cases, pair, count)
        ready = pair.ready()
        refused = [line for d in pair.daemons.values() for line in d.logged("forwarding.fence_failed")]
        cases.check("the kernel holds the fence, no group has FenceOverlap", ready and not refused and overlaps(pair.old) == {}, refused)
        for node in NODES:
            pair.daemons[node].end(signal.SIGTERM)
        left = [node for node in NODES if fence_of(node)]
        cases.check("stopped cleanly, they leave no table", not left, left)


def control(cases, prober, folder, name, options="", unicast=False):
    """For how long both are heard without the finer fence: what `status` says, and no longer than P-2 allows."""
    pair = Pair(prober, tempfile.mkdtemp(dir=folder), options, unicast).start()
    with contextlib.ExitStack() as stack:
        stack.callback(pair.end)
        ready = pair.ready()
        told = overlaps(pair.old)
        cases.check(f"{name}: status tells of the overlap", ready and told and set(told) == {group.name for group in GROUPS}, told)
        stop = pair.stop(lambda d: d.end(), 0)
        for group in GROUPS:
            both = -stop[0][group] if stop else None
            cases.check(f"{name}, {name_of(group)}: after kill -9 both are heard at once, in ms", stop and 50 < both <= MOST_OVERLAP[group.interval], both)


def main():
    cases = Cases()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 25 if LONG else 1
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    if os.geteuid() != 0:
        cases.skip("all", "needs root, for namespaces")
        cases.finish()
    print("seed", seed, flush=True)
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-twonodes-test.lock", "w")), fcntl.LOCK_EX)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-twonodes-"))
        stack.callback(remove)
        build()
        for node in NODES:
            stack.callback(Server(node).end)
        prober = Prober()
        stack.callback(prober.end)
        fenced(cases, random.Random(seed), prober, folder, count)
        control(cases, prober, folder, "without the finer fence", "--no-finer-fence")
        control(cases, prober, folder, "transport: Unicast", unicast=True)
    cases.finish()


if __name__ == "__main__":
    main()
