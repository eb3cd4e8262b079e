"""For node_test.py, FN-13: the segment is split while the API server is away. VRRP alone decides who serves, each side for itself,
and whoever starts meanwhile goes by its checkpoint."""
import json
import time

from node_rival import Rival
from node_world import FAR, NAMESPACE, Daemon, must
from patience import until

NAME, VIP, VRID = "split", "192.0.2.141", 78
TABLE = "ip split"  # a table of its own in both namespaces


def split():
    """No advert arrives on either side; all else does."""
    for namespace in (NAMESPACE, FAR):
        must("ip", "netns", "exec", namespace, "nft", f"table {TABLE} {{ chain arriving {{ type filter hook input priority 0; "
             "ip protocol 112 drop; }; }")


def heal():
    for namespace in (NAMESPACE, FAR):
        must("ip", "netns", "exec", namespace, "nft", f"add table {TABLE}; delete table {TABLE}")


def split_and_api_lost(verdicts, world, link, paths, daemon):
    """paths: (folder, kubeconfig). A new daemon."""
    folder, good = paths
    other = Rival(folder, NAME, VRID, VIP)
    try:
        world.group(NAME, VRID, [{"address": VIP, "forwarding": "Delegate"}])
        verdicts.add("FN-13: before, node-a is the one Master", until(
            lambda: link.holds(VIP) and other.state() == "Backup" and world.state(NAME) == "Master"), other.said())
        world.path.cut()
        split()
        daemon = each_serves(verdicts, link, (folder, good), other, daemon)
        heal()
        yielded = until(lambda: other.state() == "Backup" and not other.holds(), 5)
        verdicts.add("FN-13: the segment is whole again, the API server still away: node-a is the one Master", yielded and
                     link.holds(VIP) and daemon.group(NAME).get("state") == "Master", other.said() + daemon.log()[-1500:])
        world.path.open()
        instance = daemon.state().get("instance")
        verdicts.add("FN-13: the API server is back: it is told so by the daemon that runs now", until(
            lambda: world.entry(NAME).get("instance") == instance and world.state(NAME) == "Master"), json.dumps(world.entry(NAME)))
    finally:
        heal()
        other.end()
    world.delete(f"/apis/fairlead.dev/v1alpha1/vrrpgroups/{NAME}")
    verdicts.add("FN-13: the group goes, and its address", until(lambda: not link.holds(VIP)), "")
    return daemon


def each_serves(verdicts, link, paths, other, daemon):
    """While both faults last. A new daemon."""
    folder, good = paths
    verdicts.add("FN-13: split, without the API server: each side has its Master", until(
        lambda: other.state() == "Master" and other.holds(), 5) and link.holds(VIP), other.said())
    time.sleep(2)
    verdicts.add("FN-13: and so it stays", link.holds(VIP) and other.holds() and daemon.group(NAME).get("state") == "Master",
                 json.dumps(daemon.group(NAME)))
    daemon.kill()
    verdicts.add("FN-13: killed, node-a's address goes and the other's stays", until(lambda: not link.holds(VIP), 4) and
                 other.holds(), "")
    daemon = Daemon(folder, good, "started-while-split")
    verdicts.add("FN-13: started meanwhile it serves its side by the checkpoint", until(lambda: link.holds(VIP)) and
                 daemon.state().get("planSource") == "Checkpoint", daemon.log()[-2000:])
    return daemon
