"""For node_test.py: without the API server the daemon goes by its checkpoint; and where that is damaged, or cannot be written."""
import json
import os
import time

from node_world import VIP, Daemon, must
from patience import until


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
