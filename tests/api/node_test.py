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
import node_checkpoint as checkpoint
import node_groups as groups
import node_restart as restart
import node_static as static
from node_partition import split_and_api_lost
from node_preempt import preempts_late
from node_world import NAMESPACE, NODE, OURS, VIP, Daemon, Link, World, delegate, must, node_command, other_authority
from patience import until

NET_ADMIN_AND_RAW = 0x3000


def one_sentence(errors):
    return errors.startswith("fairlead-node: ") and errors.count("\n") == 1


def command_line(verdicts, folder, good):
    """api.md, Command lines: exit 2 for wrong usage and a machine that cannot run it, with what to do."""
    cases = [
        ("unknown option", ("--wrong",), "", ()),
        ("no node name", ("--kubeconfig", good), "give --node-name or set $NODE_NAME", ()),
        ("kubeconfig that is not there", ("--node-name", NODE, "--kubeconfig", folder + "/missing"), "/missing", ()),
        ("--static with a folder that is not there", ("--node-name", NODE, "--kubeconfig", good, "--static", folder + "/none"),
         "make the folder", ()),
        ("--no-api alone", ("--node-name", NODE, "--no-api"), "give a folder of manifests with --static", ()),
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


def ends(verdicts, world, link, folder, good, daemon):
    code, _, errors = node_command("cleanup", "--state-dir", daemon.state_dir)
    verdicts.add("cleanup while the daemon runs: exit 2", code == 2 and "stop it first" in errors, errors)
    until(lambda: world.state("g") == "Master")
    code = daemon.stop()
    verdicts.add("SIGTERM: exit 0, address gone, no claim left", code == 0 and not link.holds(VIP) and
                 world.state("g") != "Master", f"exit {code}: {json.dumps(world.entry('g'))} {daemon.log()[-2000:]}")
    checkpoint.full_disk(verdicts, world, link, folder, good)
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
            groups.addresses_change(verdicts, world, link)
            groups.bad_groups(verdicts, world, link, daemon)
            groups.password(verdicts, world, link, daemon)
            groups.emptied_group(verdicts, world, link)
            groups.left_group(verdicts, world, link)
            daemon = static.beside_files(verdicts, world, link, (folder, good), daemon, VIP)
            daemon = restart.resumes(verdicts, world, link, (folder, good), daemon, VIP)
            daemon = restart.forgets_tag(verdicts, world, link, (folder, good), daemon)
            until(lambda: world.state("g") == "Master" and link.holds(VIP))
            preempts_late(verdicts, world, link, daemon, folder)
            daemon = checkpoint.api_lost(verdicts, world, link, folder, good, daemon)
            daemon = split_and_api_lost(verdicts, world, link, (folder, good), daemon)
            daemon = restart.ends_unheard(verdicts, world, link, (folder, good), daemon, VIP)
            daemon = checkpoint.damaged_checkpoint(verdicts, world, link, folder, good, daemon)
            ends(verdicts, world, link, folder, good, daemon)
        finally:
            world.path.cut()
    verdicts.end()


if __name__ == "__main__":
    main()
