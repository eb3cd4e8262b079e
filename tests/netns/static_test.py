#!/usr/bin/python3
"""The real fairlead-node on static manifests, without an API server: what is saved is applied, and nothing else is touched; what is
wrong is refused with file and line and changes nothing; what is half written is not seen. Judged from outside by netwatch, strace and
`fairlead-node status`. Needs root."""
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time

from static_refusals import collisions, half_written, refused, restless, too_many, written_meanwhile
from static_stage import MORE, NOTICED, OTHER, VIP, Stage
from static_world import BUILD, NODE, Watch, addresses, build, calls, group, remove, traced, until
from labkit.cases import Cases

VIP_BYTES, ADVERT_BYTES = r"\xc0\x00\x02\x64", r'"\x31\x33'  # as strace shows 192.0.2.100, and version 3 with ID 51


def command_line(stage):
    """Exit 2 with a sentence that says what to do."""
    for words, wanted in ((["--no-api"], "--static"), (["--no-api", "--static", stage.folder + "/none"], "ENOENT"),
                          (["--static", stage.files.folder, "--kubeconfig", stage.folder + "/none"], "--no-api")):
        done = subprocess.run(["ip", "netns", "exec", NODE, BUILD + "/node/fairlead-node", "--node-name", "lb1", *words],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        stage.check(f"{' '.join(w.split('/')[-1] for w in words)}: exit 2, and says what to do",
                    done.returncode == 2 and wanted in done.stdout and done.stdout.count("\n") == 1, done.stdout)


def begins(stage):
    """No API server, and no thread for it; the group of the file becomes master."""
    stage.files.write("gw.yaml", "# the gateway\n" + group("gateway", 51, [VIP]))
    stage.files.write(".hidden.yaml", group("hidden", 53, [MORE]))
    stage.files.write("notes.txt", "no manifest")
    stage.daemon.start()
    stage.eventually("the group of the file is master", lambda: stage.master("gateway"), 5)
    stage.check("its address is on the interface, that of the hidden file is not", addresses() == [VIP], addresses())
    state = stage.daemon.state()
    stage.check("status -o json: the plan is of files, the group too, the file is current",
                state["planSource"] == "Static" and state["groups"][0]["source"] == "static"
                and state["files"] == [{"name": "gw.yaml", "state": "Current", "groups": 1, "serverSets": 0, "problems": []}], state)
    code, text = stage.daemon.status()
    stage.check("status: 80 columns", code == 0 and "gateway" in text and max(map(len, text.splitlines())) <= 80, text)
    threads = set(stage.daemon.threads())
    stage.check("there is a thread for the plan, none for an API server", "plan" in threads and "api" not in threads, sorted(threads))
    stage.check("/metrics: one file current, none refused", 'static_files{state="current"} 1' in stage.daemon.metrics()
                and 'static_files{state="refused"} 0' in stage.daemon.metrics())


def changes(stage):
    """Saved, applied: in place, by rename, another file, a file gone."""
    stage.files.write("gw.yaml", group("gateway", 51, [VIP, OTHER]))
    stage.eventually("an address that is added is held", lambda: addresses() == [VIP, OTHER])
    stage.files.rename_into_place("gw.yaml", group("gateway", 51, [VIP]))
    stage.eventually("one that is taken away is gone", lambda: addresses() == [VIP])
    stage.files.write("more.json", '{"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup", "metadata": {"name": "more"}, "spec": {'
                      '"family": "IPv4", "virtualRouterID": 52, "interface": "eth1", "advertIntervalMs": 250, "members": '
                      f'[{{"node": "lb1", "priority": 200}}], "addresses": [{{"address": "{MORE}", "forwarding": "Delegate"}}]}}}}')
    stage.eventually("a group in a new file, in JSON, becomes master", lambda: MORE in addresses(), 4)
    begun = time.monotonic_ns()
    stage.files.remove("more.json")
    stage.eventually("a file that is gone takes its group with it", lambda: addresses() == [VIP])
    stage.eventually("with an advert of priority 0", lambda: any(e["priority"] == 0 for e in stage.watch.adverts(52, begun)))
    stage.check("the log has each once", len(stage.daemon.events("static.gone")) == 1 and len(stage.daemon.events("static.taken")) == 4,
                stage.daemon.events("static.taken"))


def left_in_peace(stage):
    """A comment orders nothing. Another group's change brings this one no packet, no system call and no timer: its beat goes on as if
    nothing were."""
    stage.files.write("busy.yaml", group("busy", 52, [OTHER]))
    stage.eventually("a second group is master", lambda: stage.master("busy"), 5)
    time.sleep(6)  # until its last announcement of the start
    thread = stage.daemon.threads()["vrrp"]
    with traced(thread, stage.folder + "/quiet.strace"):
        time.sleep(2)
    orders = stage.daemon.orders()
    with traced(thread, stage.folder + "/comment.strace"):
        time.sleep(0.3)
        stage.files.write("gw.yaml", "# " + "a comment\n" + group("gateway", 51, [VIP]))
        time.sleep(1.7)
    quiet, comment = calls(stage.folder + "/quiet.strace"), calls(stage.folder + "/comment.strace")
    stage.check("a comment was read", len(stage.daemon.events("static.taken")) == 6, stage.daemon.events("static.taken"))
    stage.check("and ordered nothing", stage.daemon.orders() == orders)
    same = set(quiet) == set(comment) and all(abs(quiet[n] - comment[n]) <= max(4, quiet[n] // 4) for n in quiet)
    stage.check("the vrrp thread makes the same system calls with it as without", quiet.get("sendmsg", 0) > 10 and same, (quiet, comment))
    begun = time.monotonic_ns()
    for n in range(8):
        stage.files.write("busy.yaml", group("busy", 52, [OTHER, f"192.0.2.{130 + n}"]))
        time.sleep(0.7)
    ended = time.monotonic_ns()
    stage.check("the busy group has its last list", addresses() == [VIP, OTHER, "192.0.2.137"], addresses())
    said = [e["t"] for e in stage.watch.adverts(51, begun) if e["t"] < ended]
    gaps = [(b - a) / 1e6 for a, b in zip(said, said[1:])]
    stage.check("the quiet group keeps its beat of 250 ms, within a quarter", gaps and all(abs(g - 250) < 63 for g in gaps),
                gaps and (round(min(gaps), 1), round(max(gaps), 1)))
    told = [e for e in stage.watch.events("arp", begun, garp=True) if e["sip"] == VIP and e["t"] < ended]
    stage.check("and is not announced", not told, told)
    renewed = [e for e in stage.watch.events("addr", begun, addr=VIP + "/32") if e["t"] < ended]
    stage.check("its address is renewed with each advert and no more", abs(len(renewed) - len(said)) <= 1, (len(renewed), len(said)))
    stage.files.remove("busy.yaml")
    stage.eventually("the busy group is gone again", lambda: addresses() == [VIP])


def named_calls(stage):
    """The same by the bytes of the vrrp thread's calls: what it sends for the quiet group's address is renewals and adverts. (The
    forwarding thread writes its nft tables whole, whichever group changes.)"""
    stage.files.write("busy.yaml", group("busy", 52, [OTHER]))
    stage.eventually("both are master", lambda: addresses() == [VIP, OTHER], 5)
    time.sleep(6.5)
    path = stage.folder + "/bytes.strace"
    with traced(stage.daemon.threads()["vrrp"], path, "-xx", "-s", "400", "-e", "trace=network"):
        begun = time.monotonic_ns()
        for n in range(6):
            stage.files.write("busy.yaml", group("busy", 52, [OTHER, f"192.0.2.{130 + n}"]))
            time.sleep(0.7)
        ended = time.monotonic_ns()
    with open(path) as file:
        lines = [line for line in file if not line.startswith("recv")]
    said = len([e for e in stage.watch.adverts(51, begun) if e["t"] < ended])
    about = [line for line in lines if VIP_BYTES in line]
    adverts = [line for line in about if line.startswith("sendmsg(") and ADVERT_BYTES in line]
    renewals = [line for line in about if line.startswith("sendto(")]
    stage.check("every call that names its address is a renewal or an advert, one each a beat",
                said > 10 and len(adverts) + len(renewals) == len(about) and abs(len(adverts) - said) <= 1 and abs(len(renewals) - said) <= 1,
                (len(about), len(adverts), len(renewals), said))
    made = [line for line in lines if line.startswith(("socket(", "setsockopt(", "bind("))]
    stage.check("no socket was made or set", not made, made[:3])
    changed = [line for line in lines if r"\xc0\x00\x02\x82" in line]  # 192.0.2.130
    stage.check("the same eyes see what the busy group needs", len(changed) >= 3, len(changed))
    stage.files.remove("busy.yaml")
    stage.eventually("the busy group is gone again", lambda: addresses() == [VIP])


def mounted(stage):
    """A ConfigMap: links into a folder that is exchanged as a whole."""
    folder = stage.files.folder
    stage.files.clear()
    stage.eventually("an empty folder: nothing runs", lambda: addresses() == [])
    for number, vip in ((1, VIP), (2, OTHER)):
        os.mkdir(f"{folder}/..{number}")
        with open(f"{folder}/..{number}/gw.yaml", "w") as file:
            file.write(group("gateway", 51, [vip]))
    os.symlink("..1", folder + "/..data")
    os.symlink("..data/gw.yaml", folder + "/gw.yaml")
    stage.eventually("the links are followed", lambda: addresses() == [VIP], 5)
    os.symlink("..2", folder + "/..new")
    os.rename(folder + "/..new", folder + "/..data")
    stage.eventually("another folder behind them is noticed", lambda: addresses() == [OTHER], 5)
    shutil.rmtree(folder + "/..1")
    os.unlink(folder + "/gw.yaml")
    os.unlink(folder + "/..data")
    shutil.rmtree(folder + "/..2")
    stage.files.write("gw.yaml", group("gateway", 51, [VIP]))
    stage.eventually("a file in its place", lambda: addresses() == [VIP], 5)


def folder_gone(stage):
    """What cannot be read takes nothing away."""
    begun = time.monotonic_ns()
    os.rename(stage.files.folder, stage.files.folder + ".away")
    stage.eventually("a folder that is not there is told of", lambda: any("ENOENT" in p for p in stage.daemon.state()["problems"]), NOTICED)
    time.sleep(1)
    pause = stage.watch.longest_pause(51, begun)
    stage.check("and everything goes on", addresses() == [VIP] and pause is not None and pause < 400, (addresses(), pause))
    os.rename(stage.files.folder + ".away", stage.files.folder)
    stage.files.write("gw.yaml", group("gateway", 51, [VIP, OTHER]))
    stage.eventually("it is back: changes are followed again", lambda: addresses() == [VIP, OTHER], NOTICED)
    stage.check("nothing is told of it any more", stage.daemon.state()["problems"] == [], stage.daemon.state()["problems"])
    stage.files.write("gw.yaml", group("gateway", 51, [VIP]))
    stage.eventually("at once, too", lambda: addresses() == [VIP])


def stops(stage):
    """SIGTERM hands over; what a killed daemon left is taken up, though the file is gone by then."""
    begun = time.monotonic_ns()
    code = stage.daemon.end()
    stage.check("SIGTERM: exit 0, the address gone", code == 0 and addresses() == [], (code, addresses()))
    stage.eventually("an advert of priority 0", lambda: any(e["priority"] == 0 for e in stage.watch.adverts(51, begun)))
    stage.files.write("gw.yaml", group("gateway", 51, [VIP]), group("second", 52, [OTHER]))
    stage.daemon.start()
    stage.eventually("it runs again", lambda: addresses() == [VIP, OTHER], 5)
    stage.daemon.end(signal.SIGKILL)
    stage.files.write("gw.yaml", group("gateway", 51, [VIP]))
    stage.daemon.start()
    stage.eventually("killed, one group gone meanwhile: its address is removed", lambda: addresses() == [VIP], 5)
    stage.daemon.end(signal.SIGKILL)
    stage.files.write("gw.yaml", group("gateway", 300, [VIP]))
    stage.files.write("new.yaml", group("new", 51, [OTHER]))
    stage.daemon.start()
    stage.eventually("killed, the file wrong meanwhile: its last good version is remembered", lambda: stage.master("gateway"), 5)
    states = {f["name"]: f["state"] for f in stage.daemon.state()["files"]}
    stage.check("and not displaced by a new file", states == {"gw.yaml": "Older", "new.yaml": "Refused"} and addresses() == [VIP],
                (states, addresses()))
    stage.daemon.end(signal.SIGKILL)
    stage.files.remove("gw.yaml")
    stage.daemon.start()
    stage.eventually("killed, the file gone meanwhile: the other one runs", lambda: addresses() == [OTHER], 5)
    stage.files.remove("new.yaml")
    stage.files.write("gw.yaml", group("gateway", 51, [VIP]))
    stage.eventually("as before", lambda: addresses() == [VIP], 5)


def beside_an_api_server(stage):
    """With --static and an API server that cannot be reached: the files and the checkpoint; the file wins."""
    stage.daemon.end()
    shutil.rmtree(stage.folder + "/state")
    stage.daemon.start(api=True)
    stage.eventually("without a checkpoint it runs on the files alone", lambda: stage.master("gateway") and addresses() == [VIP], 5)
    stage.check("the plan is of files", stage.daemon.state()["planSource"] == "Static", stage.daemon.state()["planSource"])
    stage.daemon.end()
    theirs = [{"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup",
               "metadata": {"name": name, "uid": f"uid-{name}", "generation": 3, "creationTimestamp": "2020-01-01T00:00:00Z"},
               "spec": {"family": "IPv4", "virtualRouterID": vrid, "interface": "eth1", "advertIntervalMs": 250,
                        "members": [{"node": "lb1", "priority": 200}],
                        "addresses": [{"address": a, "forwarding": "Delegate"} for a in vips]}}
              for name, vrid, vips in (("api-same-id", 51, ["192.0.2.201"]), ("api-same-address", 71, [VIP, "192.0.2.202"]),
                                       ("api-other", 72, ["192.0.2.203"]))]
    stage.daemon.write_checkpoint(theirs)
    stage.daemon.start(api=True)
    stage.eventually("the file's group, and what the checkpoint has besides, are run",
                     lambda: addresses() == [VIP, "192.0.2.202", "192.0.2.203"], 6)
    state = stage.daemon.state()
    sources = {g["name"]: g["source"] for g in state["groups"]}
    stage.check("status says where each group comes from", sources == {"gateway": "static", "api-same-address": "api", "api-other": "api"}, sources)
    told = [p for g in state["groups"] for p in g["problems"] if p["type"] == "StaticConflict"] + \
        [p for p in state["problems"] if "in a file of this node" in p]
    stage.check("both conflicts are told", len(told) == 3 and any("api-same-id" in str(p) for p in told), told)
    stage.files.write("gw.yaml", group("gateway", 52, [VIP]))
    stage.eventually("a free virtual router ID: the API server's group runs",
                     lambda: addresses() == [VIP, "192.0.2.201", "192.0.2.202", "192.0.2.203"], 6)
    stage.files.write("gw.yaml", "kind: broken\n")
    time.sleep(1)
    stage.check("a bad file harms neither", addresses() == [VIP, "192.0.2.201", "192.0.2.202", "192.0.2.203"], addresses())


def examples(stage):
    """manifests/standalone: each is taken as it stands, by each of its machines."""
    stage.daemon.end()
    shutil.rmtree(stage.folder + "/state")
    stage.files.clear()
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + "/manifests/standalone"
    for name in sorted(os.listdir(source)):
        if name.endswith(".yaml") and not name.endswith("-pod.yaml"):
            shutil.copy(f"{source}/{name}", stage.files.folder)
    stage.daemon.start()
    files = until(lambda: stage.daemon.state()["files"], 5)
    problems = [p for f in files for p in f["problems"] if "(--node-name)" not in p]
    stage.check("every example is current and without a problem", len(files) == len(os.listdir(stage.files.folder)) and not problems
                and all(f["state"] == "Current" for f in files), files)


def main():
    cases = Cases()
    with contextlib.ExitStack() as stack:
        # The names of the namespaces are fixed: a second run waits for the first.
        fcntl.flock(stack.enter_context(open("/run/fairlead-static-test.lock", "w")), fcntl.LOCK_EX)
        stack.callback(remove)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-static-"))
        os.chmod(folder, 0o755)
        build()
        stage = Stage(cases, folder)
        stage.watch = Watch(folder)
        stack.callback(stage.watch.end)
        stack.callback(stage.daemon.end)
        for story in (command_line, begins, changes, left_in_peace, named_calls, refused, collisions, half_written, restless, mounted, folder_gone,
                      too_many, written_meanwhile, stops, beside_an_api_server, examples):
            print(f"-- {story.__name__}", flush=True)
            story(stage)
    cases.finish()


if __name__ == "__main__":
    main()
