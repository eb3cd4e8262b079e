"""Stories of static_test.py: manifests that are wrong, that collide, that are half written."""
import os
import signal
import time

from static_stage import MORE, NOTICED, OTHER, VIP
from static_world import addresses, group


def refused(stage):
    """Every problem at once with file, line, path and allowed range; the last good state stays; others go on."""
    begun = time.monotonic_ns()
    bad = group("gateway", 300, ["127.0.0.1"], adresses="[]", priority=256)
    stage.files.write("gw.yaml", "# one line more\n" + bad, group("b", 51, [OTHER], priority="high"))
    stage.files.write("other.yaml", group("other", 52, [OTHER]))
    stage.eventually("the other file is taken", lambda: OTHER in addresses(), 5)
    file = stage.daemon.file("gw.yaml")
    wanted = ["gw.yaml:8: VRRPGroup gateway: spec.virtualRouterID: must be 1..255, got 300",
              "gw.yaml:12: VRRPGroup gateway: spec.addresses[0].address: must be a unicast address (not loopback, multicast, unspecified, "
              "broadcast or IPv4-mapped), got \"127.0.0.1\"",
              "gw.yaml:14: VRRPGroup gateway: spec.members[0].priority: must be 1..255, got 256",
              "gw.yaml:16: VRRPGroup gateway: spec.adresses: is no field of this kind",
              "gw.yaml:30: VRRPGroup b: spec.members[0].priority: must be a whole number, got a string"]
    stage.check("all its problems are told, with file, line, path and range", sorted(file["problems"]) == sorted(wanted), file["problems"])
    stage.check("the last good version is in force", file["state"] == "Older" and stage.master("gateway") and VIP in addresses(), file)
    stage.check("the status says so, in 80 columns", "Older" in stage.daemon.status()[1]
                and max(map(len, stage.daemon.status()[1].splitlines())) <= 80)
    stage.check("/metrics: one file refused", 'static_files{state="refused"} 1' in stage.daemon.metrics())
    time.sleep(1)
    pause = stage.watch.longest_pause(51, begun)
    stage.check("no advert is missing", pause is not None and pause < 400, pause)
    stage.check("the log has each problem once", len(stage.daemon.events("static.problem")) == len(wanted),
                stage.daemon.events("static.problem"))
    for text, wanted in (("a: [1\n", "gw.yaml:2: "), ("a: 1\na: 2\n", "gw.yaml:2: the key a stands twice"), ("a: &x [*x]\n", "gw.yaml:1: "),
                         ("a: !run x\n", "gw.yaml:1: tag"), ("\0", "gw.yaml:1: a zero byte"), ("kind: Pod\n", "gw.yaml:1: kind"),
                         ("x" * 1048577, "gw.yaml: must be at most 1 MiB"), (laughs(), "expand to too much")):
        stage.files.write("gw.yaml", text)
        stage.eventually(f"{text[:12]!r}: refused with its line", lambda w=wanted: any(w in p for p in stage.daemon.file("gw.yaml")["problems"]), 5)
        stage.check("and the last good version stays", VIP in addresses(), addresses())
    stage.files.write("gw.yaml", group("gateway", 51, [VIP]))
    stage.eventually("mended: current again", lambda: stage.daemon.file("gw.yaml")["state"] == "Current")
    stage.files.write("never.yaml", "kind: Pod\n")
    stage.eventually("a file that was never good is refused", lambda: stage.daemon.file("never.yaml")["state"] == "Refused")
    stage.files.remove("never.yaml")
    stage.files.remove("other.yaml")
    stage.eventually("only the first is left", lambda: addresses() == [VIP] and len(stage.daemon.state()["files"]) == 1)


def laughs():
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 11)]
    return "\n".join(lines) + "\n"


def collisions(stage):
    """Two files with one VRID on one interface, one address in two groups, one name: refused, naming both."""
    cases = ((group("b", 51, [OTHER]), "a.yaml:7: VRRPGroup b: spec.virtualRouterID: virtual router 51 (IPv4) on eth1 is also in gw.yaml:7"),
             (group("b", 52, [VIP]), f"a.yaml:11: VRRPGroup b: spec.addresses[0].address: {VIP} is also in gw.yaml:11"),
             (group("gateway", 52, [OTHER]), "a.yaml:4: VRRPGroup gateway: metadata.name: the name VRRPGroup gateway is also in gw.yaml:4"))
    for text, wanted in cases:
        stage.files.write("a.yaml", text)
        stage.eventually("refused, naming both: " + wanted[8:60],
                         lambda w=wanted: any(p.startswith(w) for p in stage.daemon.file("a.yaml")["problems"]))
        stage.check("who had it before keeps it", stage.daemon.file("a.yaml")["state"] == "Refused" and addresses() == [VIP], addresses())
    stage.files.write("a.yaml", group("b", 52, [OTHER]))
    stage.eventually("two that share nothing run", lambda: addresses() == [VIP, OTHER], 5)
    begun = time.monotonic_ns()
    stage.files.rename_into_place("a.yaml", group("b", 51, [OTHER]))
    stage.files.rename_into_place("gw.yaml", group("gateway", 52, [VIP]))
    stage.eventually("they may swap their IDs", lambda: stage.daemon.group("b").get("virtualRouterID") == 51
                     and stage.daemon.group("gateway").get("virtualRouterID") == 52 and addresses() == [VIP, OTHER], 5)
    stage.check("nobody was refused for it", not [x for f in stage.daemon.state()["files"] for x in f["problems"]], begun)
    stage.files.rename_into_place("gw.yaml", group("gateway", 51, [VIP]))
    stage.files.remove("a.yaml")
    stage.eventually("only the first is left", lambda: addresses() == [VIP] and stage.daemon.group("gateway").get("virtualRouterID") == 51, 5)


def half_written(stage):
    """Any part of it would be good by itself: it is taken when it is closed, and not before."""
    orders = stage.daemon.orders()
    with open(stage.files.path("gw.yaml"), "w") as file:
        for part in (group("gateway", 51, [VIP]), "---\n", group("second", 52, [OTHER]), "---\n", group("third", 53, [MORE])):
            file.write(part)
            file.flush()
            time.sleep(0.8)
        stage.check("nothing of it is applied while it is being written", stage.daemon.orders() == orders and addresses() == [VIP], addresses())
        stage.check("nor refused", stage.daemon.file("gw.yaml") == {"name": "gw.yaml", "state": "Current", "groups": 1, "serverSets": 0,
                                                                  "problems": []}, stage.daemon.file("gw.yaml"))
        time.sleep(5)
        stage.check("a writer who keeps it open is told of", any("open for writing" in p for p in stage.daemon.file("gw.yaml")["problems"]),
                    stage.daemon.file("gw.yaml"))
    stage.eventually("closed: all of it, at once", lambda: addresses() == [VIP, OTHER, MORE], 5)
    stage.check("by one order", stage.daemon.orders() == orders + 1, (orders, stage.daemon.orders()))
    begun = time.monotonic_ns()
    for _ in range(5):
        os.rename(stage.files.path("gw.yaml"), stage.files.path("gw.yaml~"))  # as editors do
        time.sleep(0.03)
        stage.files.write("gw.yaml", group("gateway", 51, [VIP]), group("second", 52, [OTHER]), group("third", 53, [MORE]))
        time.sleep(0.4)
    os.unlink(stage.files.path("gw.yaml~"))
    pause = stage.watch.longest_pause(51, begun)
    stage.check("a file that is renamed away and written anew is never gone", pause is not None and pause < 400
                and not [e for e in stage.watch.adverts(51, begun) if e["priority"] == 0], pause)
    stage.files.write("gw.yaml", group("gateway", 51, [VIP]))
    stage.eventually("back to one", lambda: addresses() == [VIP])


def restless(stage):
    """A file that somebody writes over and over, ten times a second: told after 5 s, once; taken when it is left alone."""
    orders = stage.daemon.orders()
    told = len(stage.daemon.events("static.problem"))
    until = time.monotonic() + 7
    while time.monotonic() < until:
        stage.files.write("gw.yaml", group("gateway", 51, [VIP, OTHER]), f"# {until - time.monotonic()}\n")
        time.sleep(0.1)
    file = stage.daemon.file("gw.yaml")
    stage.check("a file that changes all the time is told of", "changes all the time" in str(file["problems"]) and file["state"] == "Older", file)
    stage.check("once", len(stage.daemon.events("static.problem")) == told + 1, stage.daemon.events("static.problem"))
    stage.check("its last good version is in force", addresses() == [VIP] and stage.daemon.orders() == orders, addresses())
    stage.eventually("left alone: taken", lambda: addresses() == [VIP, OTHER] and stage.daemon.file("gw.yaml")["problems"] == [])
    stage.files.write("gw.yaml", group("gateway", 51, [VIP]))
    stage.eventually("back to one", lambda: addresses() == [VIP])


def too_many(stage):
    """A folder that cannot be used as it is when the daemon starts: what it remembers goes on, then and afterwards."""
    stage.daemon.end(signal.SIGKILL)
    for n in range(500):
        stage.files.write(f"copy{n}.yaml", "")
    stage.daemon.start()
    stage.eventually("501 files: what was in force is run", lambda: stage.master("gateway") and addresses() == [VIP], 5)
    stage.check("and it is told", any("more than 500" in p for p in stage.daemon.state()["problems"]), stage.daemon.state()["problems"])
    begun = time.monotonic_ns()
    for n in range(500):
        stage.files.remove(f"copy{n}.yaml")
    stage.eventually("one again: nothing is told of them any more", lambda: stage.daemon.state()["problems"] == [], NOTICED)
    time.sleep(1)
    pause = stage.watch.longest_pause(51, begun)
    stage.check("and the group went on all the time", addresses() == [VIP] and not stage.daemon.events("static.gone")
                and pause is not None and pause < 400, (addresses(), pause, stage.daemon.events("static.gone")))


def written_meanwhile(stage):
    """A file that is open for writing when the daemon starts: its last good version goes on until it is closed."""
    stage.daemon.end(signal.SIGKILL)
    begun = time.monotonic_ns()
    with open(stage.files.path("gw.yaml"), "a") as file:
        file.write("# half")
        file.flush()
        stage.daemon.start()
        stage.eventually("what was in force is run", lambda: stage.master("gateway") and addresses() == [VIP], 4)
        stage.eventually("the writer is told of", lambda: "open for writing" in str(stage.daemon.file("gw.yaml")["problems"]), NOTICED + 2)
        file.write(" a comment\n")
    stage.eventually("closed: it is taken", lambda: stage.daemon.file("gw.yaml")["problems"] == [], NOTICED)
    stage.check("and never gone", addresses() == [VIP] and not stage.daemon.events("static.gone")
                and not [e for e in stage.watch.adverts(51, begun) if e["priority"] == 0], stage.daemon.events("static.gone"))
