#!/usr/bin/python3
"""The real fairlead-node, under its own service account, in a namespace, against a real API server; groups applied
by hand in place of the controller, with `forwarding: Delegate`, so that any kernel will do. $FAIRLEAD_BUILD: the
build. Needs root."""
import json
import os
import stat
import sys
import tempfile
import time

import apiserver
import node_restart as restart
from node_preempt import preempts_late
from node_world import BINARY, NAMESPACE, NODE, OURS, Daemon, Link, World, must, node_command, other_authority, run, until

VIP = "192.0.2.100"
NET_ADMIN_AND_RAW = 0x3000


def delegate(*addresses):
    return [{"address": a, "forwarding": "Delegate"} for a in addresses]


def one_sentence(errors):
    return errors.startswith("fairlead-node: ") and errors.count("\n") == 1


def command_line(verdicts, folder, good):
    """api.md, Command lines: exit 2 for wrong usage and a machine that cannot run it, with what to do."""
    cases = [
        ("unknown option", ("--wrong",), "", ()),
        ("no node name", ("--kubeconfig", good), "give --node-name or set $NODE_NAME", ()),
        ("kubeconfig that is not there", ("--node-name", NODE, "--kubeconfig", folder + "/missing"), "/missing", ()),
        ("--static", ("--node-name", NODE, "--static", folder), "--static is not built yet", ()),
        ("--no-api", ("--node-name", NODE, "--no-api"), "--no-api is not built yet", ()),
        ("address that is none", ("--node-name", NODE, "--kubeconfig", good, "--metrics-address", "here"),
         "--metrics-address", ()),
        ("no NET_ADMIN", ("--node-name", NODE, "--kubeconfig", good), "NET_ADMIN is missing: run it as root",
         ("setpriv", "--bounding-set=-net_admin")),
        ("no NET_RAW", ("--node-name", NODE, "--kubeconfig", good), "NET_RAW is missing: run it as root",
         ("setpriv", "--bounding-set=-net_raw")),
    ]
    for name, words, wanted, prefix in cases:
        code, out, errors = node_command(*words, "--state-dir", folder + "/unused", prefix=prefix)
        sentence = one_sentence(errors) or name == "unknown option"
        verdicts.add(f"{name}: exit 2 with one sentence", code == 2 and wanted in errors and sentence,
                     f"exit {code}: {errors}{out}")
    with open(folder + "/unreadable", "w") as file:
        file.write("{")
    code, _, errors = node_command("--node-name", NODE, "--kubeconfig", folder + "/unreadable")
    verdicts.add("kubeconfig that is no YAML: exit 2 with one sentence", code == 2 and one_sentence(errors), errors)
    code, out, _ = node_command("--version")
    verdicts.add("--version", code == 0 and out.startswith("fairlead-node "), out)
    code, _, errors = node_command("status")
    verdicts.add("status without a daemon: exit 1, asks whether it runs", code == 1 and "running" in errors, errors)


def wrong_credentials(verdicts, world, folder):
    """A wrong token or CA: a clear log line, retries, no crash."""
    for name, path in (("token", world.kubeconfig("wrong-token", token="wrong")),
                       ("CA", world.kubeconfig("wrong-ca", ca=other_authority(folder)))):
        daemon = Daemon(folder, path, "wrong-" + name, folder + "/wrong")
        said = until(lambda: "api.denied" in daemon.log() or daemon.process.poll() is not None)
        alive = until(lambda: daemon.health("/healthz") == 200)
        ready = daemon.health("/readyz")
        code = daemon.stop()
        verdicts.add(f"wrong {name}: says so, lives on, is not ready", said and alive and ready == 503 and code == 0,
                     f"exit {code}, readyz {ready}: {daemon.log()[-800:]}")
        verdicts.add(f"wrong {name}: the log shows no secret", "Bearer" not in daemon.log(), "")


def nices(pid):
    """[(name of the thread, its nice value)]"""
    out = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm") as file:
            out.append((file.read().strip(), os.getpriority(os.PRIO_PROCESS, int(thread))))
    return out


def start(verdicts, world, daemon, uid):
    report = until(lambda: world.report().get("interfaces") and world.report())
    names = [i["name"] for i in report.get("interfaces", [])] if report else []
    verdicts.add("NodeReport with the interface that has an address", names == ["vip0"], json.dumps(report))
    meta = (world.get(f"{OURS}/nodereports/{NODE}") or {}).get("metadata", {})
    owners = [(o["kind"], o["uid"]) for o in meta.get("ownerReferences", [])]
    verdicts.add("NodeReport is owned by its Node", owners == [("Node", uid)], json.dumps(owners))
    verdicts.add("/healthz", daemon.health("/healthz") == 200, "")
    verdicts.add("/readyz once an empty plan is applied", until(lambda: daemon.health("/readyz") == 200), daemon.log())
    with open(f"/proc/{daemon.process.pid}/status") as file:
        status = dict(line.split(":\t") for line in file.read().splitlines() if ":\t" in line)
    verdicts.add("capabilities are NET_ADMIN and NET_RAW (S-1)",
                 int(status["CapEff"], 16) == NET_ADMIN_AND_RAW and int(status["CapPrm"], 16) == NET_ADMIN_AND_RAW and
                 status["NoNewPrivs"] == "1", json.dumps(status))
    verdicts.add("the vrrp thread alone goes before others", {name: nice for name, nice in nices(daemon.process.pid) if nice} == {"vrrp": -20},
                 json.dumps(nices(daemon.process.pid)))
    code, _, errors = node_command("--node-name", NODE, "--kubeconfig", "/dev/null", "--state-dir", daemon.state_dir)
    verdicts.add("a second daemon: exit 2", code == 2, errors)


def becomes_master(verdicts, world, link, daemon):
    world.group("g", 51, delegate(VIP))
    verdicts.add("becomes Master", until(lambda: world.state("g") == "Master"), daemon.log()[-3000:])
    entry, group = world.entry("g"), world.read_group("g")
    verdicts.add("the entry carries generation, programmed, instance and the group's UID",
                 entry.get("observedGeneration") == group["metadata"]["generation"] and entry.get("programmed") is True
                 and entry.get("groupUID") == group["metadata"]["uid"]
                 and entry.get("instance") == world.report().get("instance"), json.dumps(entry))
    held = link.addresses().get(VIP, {})
    verdicts.add("the address has a lifetime and our tag",
                 0 < held.get("valid_life_time", 0) <= 3 and link.tags().get(VIP) == 0xfa, json.dumps(held) + str(link.tags()))
    shown = daemon.group("g")
    verdicts.add("/state shows it", shown.get("state") == "Master" and shown.get("priority") == 200 and
                 shown.get("addresses") == [{"address": VIP, "held": True}], json.dumps(shown))
    code, text, _ = node_command("status")
    lines = text.splitlines()
    verdicts.add("status shows it in 80 columns", code == 0 and "Master" in text and VIP + "*" in text and
                 max(map(len, lines)) <= 80, text)
    code, text, _ = node_command("status", "-o", "json")
    verdicts.add("status -o json is /state", code == 0 and json.loads(text)["node"] == NODE, text)
    modes = [stat.S_IMODE(os.stat(daemon.state_dir + name).st_mode) for name in ("", "/checkpoint.json")]
    verdicts.add("checkpoint is 0600 in a 0700 directory (S-14)", modes == [0o700, 0o600], str(modes))
    verdicts.add("metrics say that the plan is loaded and not stale",
                 daemon.metric("fairlead_node_config_loaded") == 1 and daemon.metric("fairlead_node_config_stale") == 0,
                 daemon.get("/metrics")[1])


def quiet(verdicts, world):
    """P-10: in a steady state nobody writes."""
    def versions():
        return [world.read_group("g")["metadata"]["resourceVersion"],
                world.get(f"{OURS}/nodereports/{NODE}")["metadata"]["resourceVersion"]]
    time.sleep(1.5)
    before = versions()
    time.sleep(4)
    verdicts.add("no write in a steady state", before == versions(), f"{before} {versions()}")


def confirms(verdicts, world):
    """api.md, Who is master."""
    world.claim("g", "node-b", "2026-01-01T00:00:00Z")
    raised = until(lambda: world.entry("g").get("confirmed") == 1)
    time.sleep(1)
    verdicts.add("a foreign claim is answered once", raised and world.entry("g").get("confirmed") == 1,
                 json.dumps(world.entry("g")))
    world.claim("g", "node-b", "2026-01-01T00:00:01Z")
    verdicts.add("a newer claim is answered again", until(lambda: world.entry("g").get("confirmed") == 2),
                 json.dumps(world.entry("g")))
    world.claim("g", "node-b", "2026-01-01T00:00:01Z", confirmed=1)
    time.sleep(1)
    verdicts.add("a risen confirmation waits for its 30 s", world.entry("g").get("confirmed") == 2,
                 json.dumps(world.entry("g")))


def addresses_change(verdicts, world, link):
    more = "192.0.2.101"
    generation = world.group("g", 51, delegate(VIP, more))["metadata"]["generation"]
    reported = until(lambda: world.entry("g").get("observedGeneration") == generation and
                     world.entry("g").get("programmed"))
    verdicts.add("a new address is held once its generation is reported as programmed", reported and
                 until(lambda: link.holds(more), 1),
                 json.dumps(world.entry("g")))
    generation = world.group("g", 51, delegate(VIP))["metadata"]["generation"]
    reported = until(lambda: world.entry("g").get("observedGeneration") == generation)
    verdicts.add("a removed address is gone when its generation is reported",
                 reported and not link.holds(more) and link.holds(VIP), json.dumps(world.entry("g")))


def bad_groups(verdicts, world, link, daemon):
    """I-8: each of them harms itself only."""
    world.group("missing", 60, delegate("192.0.2.110"), interface="eth9")
    verdicts.add("interface missing: Initialize with the reason",
                 until(lambda: "InterfaceMissing" in world.problems("missing")) and
                 world.state("missing") == "Initialize", json.dumps(world.entry("missing")))
    world.group("later", 61, delegate("192.0.2.111"), trackQuorum={"weight": 10})
    verdicts.add("a field that is not built yet: Initialize with NotYetSupported",
                 until(lambda: world.problems("later") == ["NotYetSupported"]), json.dumps(world.entry("later")))
    world.group("twin", 51, delegate("192.0.2.112"))
    verdicts.add("our VRID on our interface: the younger is refused with VRIDInUse",
                 until(lambda: world.problems("twin") == ["VRIDInUse"]), json.dumps(world.entry("twin")))
    world.group("nat", 62, [{"address": "192.0.2.113"}])
    until(lambda: world.entry("nat"))
    time.sleep(1.5)
    verdicts.add("a NAT address is not held before its servers are known",
                 world.state("nat") != "Master" and not link.holds("192.0.2.113"), json.dumps(world.entry("nat")))
    verdicts.add("the others run on", world.state("g") == "Master" and link.holds(VIP) and
                 daemon.group("g").get("state") == "Master", "")
    problems = until(lambda: len(world.report().get("problems", [])) >= 2 and world.report()["problems"])
    verdicts.add("the NodeReport names them", bool(problems) and any("VRIDInUse" in p or "twin" in p for p in problems),
                 json.dumps(world.report()))
    for name in ("missing", "later", "twin", "nat"):
        world.delete(f"{OURS}/vrrpgroups/{name}")


def password(verdicts, world, link, daemon):
    """Authentication PASS: the file is the operator's, and without it there is no group."""
    world.group("old", 64, delegate("192.0.2.121"), version=2, advertIntervalMs=1000,
                authentication={"type": "PASS", "passwordFile": "gateway"})
    verdicts.add("a password file that is not there: not run, and said", until(
        lambda: world.problems("old") == ["PasswordMissing"]) and world.state("old") == "Initialize" and
        not link.holds("192.0.2.121"), json.dumps(world.entry("old")))
    with open(daemon.password_dir + "/gateway", "w") as file:
        file.write("secret-of-many-bytes\n")
    verdicts.add("once it is there the group runs, and what is wrong with it is said",
                 until(lambda: world.state("old") == "Master" and "PasswordTooLong" in world.problems("old")),
                 json.dumps(world.entry("old")))
    shown = json.dumps([daemon.state(), world.read_group("old"), world.report()]) + daemon.log()
    verdicts.add("the password is in no log, state or status", "secret-o" not in shown, "")
    world.delete(f"{OURS}/vrrpgroups/old")
    verdicts.add("deleted: nothing of it is left", until(lambda: not link.holds("192.0.2.121") and not any(
        "VRRPGroup old" in problem for problem in world.report().get("problems", []))),
                 json.dumps(world.report()))


def emptied_group(verdicts, world, link):
    """Release: a member reports the generation without the addresses, then the group goes."""
    world.group("short", 63, delegate("192.0.2.120"))
    until(lambda: world.state("short") == "Master")
    generation = world.group("short", 63, [])["metadata"]["generation"]
    reported = until(lambda: world.entry("short").get("observedGeneration") == generation)
    verdicts.add("a group whose last address went reports it gone", reported and not link.holds("192.0.2.120"),
                 json.dumps(world.entry("short")))
    world.delete(f"{OURS}/vrrpgroups/short")


def left_group(verdicts, world, link):
    """Release: a member that was replaced is shown the group until it has reported a generation without itself."""
    world.group("left", 64, delegate("192.0.2.121"))
    until(lambda: world.state("left") == "Master")
    group = world.group("left", 64, delegate("192.0.2.121"), members=[{"node": "node-b", "priority": 100}])
    generation = group["metadata"]["generation"]
    reported = until(lambda: world.entry("left").get("observedGeneration") == generation)
    verdicts.add("a group that was left is reported in Initialize, its address gone", reported and
                 world.state("left") == "Initialize" and not link.holds("192.0.2.121"), json.dumps(world.entry("left")))
    world.delete(f"{OURS}/vrrpgroups/left")


def api_lost(verdicts, world, link, folder, good, daemon):
    """I-9, FN-17: the API server's loss changes nothing, and a restart comes up from the checkpoint."""
    old = world.entry("g").get("instance")
    world.path.cut()
    time.sleep(1)
    verdicts.add("API gone: the VIP stays", link.holds(VIP) and daemon.group("g").get("state") == "Master", "")
    daemon.kill()
    verdicts.add("killed: the kernel removes the address (I-2)", until(lambda: not link.holds(VIP), 4), "")
    daemon = Daemon(folder, good, "restarted")
    verdicts.add("restarted without API: Master again", until(lambda: link.holds(VIP)), daemon.log()[-3000:])
    verdicts.add("the plan is the checkpoint's, and said to be stale",
                 daemon.state().get("planSource") == "Checkpoint" and daemon.metric("fairlead_node_config_stale") == 1 and
                 daemon.health("/readyz") == 200, json.dumps(daemon.state()))
    world.path.open()
    caught_up = until(lambda: world.entry("g").get("instance") not in (old, None), 40)
    verdicts.add("API back: status and plan catch up", caught_up and world.state("g") == "Master" and
                 until(lambda: daemon.state().get("planSource") == "API"), json.dumps(world.entry("g")))
    verdicts.add("and the VIP stayed", link.holds(VIP), "")
    return daemon


def damaged_checkpoint(verdicts, world, link, folder, good, daemon):
    """FN-15."""
    world.path.cut()
    daemon.kill()
    until(lambda: not link.holds(VIP), 4)
    current, previous = daemon.state_dir + "/checkpoint.json", daemon.state_dir + "/checkpoint.json.previous"
    # Both the second time: the daemon may have written another one before it was killed.
    for damaged, wanted in (((current,), "PreviousCheckpoint"), ((current, previous), "None")):
        for path in damaged:
            with open(path, "r+") as file:
                file.truncate(os.path.getsize(path) - 7)
        daemon = Daemon(folder, good, "damaged-" + wanted)
        shown = until(lambda: daemon.state().get("planSource") == wanted)
        if wanted == "None":
            time.sleep(2)
        held = link.holds(VIP) if wanted == "None" else until(lambda: link.holds(VIP))
        verdicts.add(f"checkpoint cut off at its end: plan from {wanted}", shown and held == (wanted != "None") and
                     "checkpoint.json is cut off" in daemon.log(), daemon.log()[-2000:])
        if wanted != "None":
            daemon.kill()
            until(lambda: not link.holds(VIP), 4)
    world.path.open()
    verdicts.add("both damaged: the API server's answer is taken", until(lambda: link.holds(VIP), 40), daemon.log()[-2000:])
    return daemon


def full_disk(verdicts, world, link, folder, good):
    """FN-15: runs from memory, with an alarm."""
    small = folder + "/small"
    os.mkdir(small)
    must("mount", "-t", "tmpfs", "-o", "size=8k,mode=0700", "tmpfs", small)
    try:
        with open(small + "/filler", "wb") as file:
            try:
                file.write(b"x" * 65536)
                file.flush()
            except OSError:
                pass
        daemon = Daemon(folder, good, "full", small)
        held = until(lambda: link.holds(VIP))
        errors = until(lambda: daemon.metric("fairlead_node_checkpoint_errors_total"))
        reported = until(lambda: any("ENOSPC" in p for p in world.report().get("problems", [])))
        verdicts.add("disk full: Master all the same, with metric and problem", held and errors and reported,
                     f"{errors} {json.dumps(world.report())} {daemon.log()[-1500:]}")
        daemon.stop()
    finally:
        must("umount", small)


def ends(verdicts, world, link, folder, good, daemon):
    code, _, errors = node_command("cleanup", "--state-dir", daemon.state_dir)
    verdicts.add("cleanup while the daemon runs: exit 2", code == 2 and "stop it first" in errors, errors)
    until(lambda: world.state("g") == "Master")
    code = daemon.stop()
    verdicts.add("SIGTERM: exit 0, address gone, no claim left", code == 0 and not link.holds(VIP) and
                 world.state("g") != "Master", f"exit {code}: {json.dumps(world.entry('g'))} {daemon.log()[-2000:]}")
    full_disk(verdicts, world, link, folder, good)
    daemon = Daemon(folder, good, "last")
    until(lambda: link.holds(VIP))
    must("ip", "-n", NAMESPACE, "address", "add", "192.0.2.77/24", "dev", "vip0")
    daemon.kill()
    code, out, errors = node_command("cleanup", "--state-dir", daemon.state_dir)
    verdicts.add("cleanup after a kill: our address gone, others left",
                 code == 0 and not link.holds(VIP) and link.holds("192.0.2.1") and link.holds("192.0.2.77") and
                 os.listdir(daemon.state_dir) == ["lock"], f"exit {code}: {out}{errors} {os.listdir(daemon.state_dir)}")


def main():
    if os.geteuid() != 0:
        sys.exit("SKIPPED: needs root, for namespaces")
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-node-") as folder, apiserver.api_server() as api, Link() as link:
        world = World(api, folder)
        try:
            world.path.open()
            uid = world.make_node()["metadata"]["uid"]
            good = world.kubeconfig("good")
            command_line(verdicts, folder, good)
            wrong_credentials(verdicts, world, folder)
            daemon = Daemon(folder, good)
            start(verdicts, world, daemon, uid)
            becomes_master(verdicts, world, link, daemon)
            quiet(verdicts, world)
            confirms(verdicts, world)
            addresses_change(verdicts, world, link)
            bad_groups(verdicts, world, link, daemon)
            password(verdicts, world, link, daemon)
            emptied_group(verdicts, world, link)
            left_group(verdicts, world, link)
            daemon = restart.resumes(verdicts, world, link, (folder, good), daemon, VIP)
            daemon = restart.forgets_tag(verdicts, world, link, (folder, good), daemon)
            until(lambda: world.state("g") == "Master" and link.holds(VIP))
            preempts_late(verdicts, world, link, daemon, folder)
            daemon = api_lost(verdicts, world, link, folder, good, daemon)
            daemon = restart.ends_unheard(verdicts, world, link, (folder, good), daemon, VIP)
            daemon = damaged_checkpoint(verdicts, world, link, folder, good, daemon)
            ends(verdicts, world, link, folder, good, daemon)
        finally:
            world.path.cut()
    verdicts.end()


if __name__ == "__main__":
    main()
