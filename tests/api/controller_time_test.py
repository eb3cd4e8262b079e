#!/usr/bin/python3
"""The real controller, whose wall clock jumps (FC-10), and whose API server is restored from a backup (FC-11, K-05).
$FAIRLEAD_BUILD: the build."""
import os
import struct
import sys
import tempfile
import time

import apiserver
from controller_faults_stage import Stage
from controller_process import Controller, kubeconfig_of
from controller_world import OURS
from fake_api_server import Certificates
from patience import until

LEASE = "/apis/coordination.k8s.io/v1/namespaces/fairlead-system/leases/fairlead-controller"
HOUR = 3600
STANDBY_SEES = 2.2 * 2 + 3


def clock_jumps(stage):
    """A leader and a standby, each with a clock of its own."""
    os.environ.pop("KUBECONFIG", None)
    skews = [f"{stage.folder}/clock-{name}" for name in ("leader", "standby")]

    def skew(path, seconds):
        with open(path, "r+b" if os.path.exists(path) else "wb") as file:  # in place: it is mapped
            file.write(struct.pack("q", seconds))
    _, token = stage.api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=2h")
    both = []
    library = os.environ["FAIRLEAD_BUILD"] + "/support/libskew_clock.so"
    for path in skews:
        skew(path, 0)
        kubeconfig = kubeconfig_of(stage.api, stage.folder, token.strip(), name=os.path.basename(path))
        both.append(Controller(stage.folder, kubeconfig, os.path.basename(path), prefix=("env", f"LD_PRELOAD={library}", f"SKEW_CLOCK={path}")))
        until(lambda: "controller.leading" in both[0].log(), 60)
    leader, standby = both
    until(lambda: "controller.lease_holder" in standby.log(), 20)
    holder = stage.world.get(LEASE)["spec"]["holderIdentity"]
    for number, (ours, theirs) in enumerate(((HOUR, 0), (-HOUR, 0), (0, HOUR), (0, -HOUR), (-HOUR, HOUR), (0, 0)), 100):
        skew(skews[0], ours)
        skew(skews[1], theirs)
        renewed = stage.world.get(LEASE)["spec"]["renewTime"]
        time.sleep(STANDBY_SEES)
        spec = stage.world.get(LEASE)["spec"]
        stage.vip(f"clock-{number}", number)
        done = until(lambda n=number: stage.world.group_of(f"192.0.2.{n}"), 20)
        stage.check(f"FC-10: clocks off by {ours} s and {theirs} s: the leader leads, renews, and works", spec["holderIdentity"] == holder
                    and spec["leaseTransitions"] == 0 and spec["renewTime"] != renewed and done and "controller.leading" not in standby.log()
                    and leader.get(leader.health, "/healthz")[0] == 200, f"{spec} {leader.log()[-600:]} {standby.log()[-600:]}")
        if ours:
            wall = time.strftime("%Y-%m-%dT%H", time.gmtime(time.time() + ours))
            stage.check(f"FC-10: it does believe that clock ({wall})", spec["renewTime"].startswith(wall) or spec["renewTime"][:13] == time.strftime(
                "%Y-%m-%dT%H", time.gmtime(time.time() + ours - 30)), spec)
    for number in range(100, 106):
        stage.world.delete(f"{OURS}/namespaces/default/virtualips/clock-{number}")
    stage.check("FC-10: both end well", [process.stop() for process in (standby, leader)] == [0, 0])


def restored(stage):
    """The API server's history goes back while the controller runs: what it has seen since is not any more."""
    with stage.proxied():
        try:
            stage.start()
            for name, number in (("stays", 70), ("before", 71)):
                stage.vip(name, number)
            until(lambda: stage.serves("stays", "before"))
            stage.api.backup()
            stage.kinds_known()
            stage.vip("after", 72)
            served = until(lambda: stage.serves("stays", "after"), 60)
            stage.remove("before")
            stage.check("FC-11: a backup was taken; since then one VirtualIP came and one went", served and not stage.world.vip_of("before"), stage.log())
            stage.api.restore()
            stage.kinds_known()
            stage.check("FC-11: the backup is what the API server shows", stage.world.vip_of("before") and not stage.world.vip_of("after"))
            whole = until(lambda: stage.serves("stays", "before"), 120)
            noticed = until(lambda: "controller.asks_anew" in stage.controller.log(), 60)
            stage.check("FC-11: the controller follows back in time: it has noticed, and what is back is served", whole and noticed, stage.log())
            again = until(lambda: "controller.synced" in stage.controller.log().rpartition("controller.asks_anew")[2], 60)
            stage.check("FC-11: and it says when every kind is there anew", again, stage.log())
            gone = until(lambda: not stage.world.group_of("192.0.2.72") and
                         not stage.world.get(f"{OURS}/namespaces/default/realserversets/after-v4-0"), 60)
            stage.check("FC-11: what is gone has nothing left, in no group and no set", gone, stage.left())
            stage.vip("next", 72)
            stage.check("FC-11: and its address is free for the next", until(lambda: stage.serves("stays", "before", "next"), 120), stage.log())
            stage.check("FC-11: it is the same process, without a restart", stage.well() and stage.stop() == 0)
        finally:
            log = stage.log()
            stage.stop()
            if os.environ.get("FAIRLEAD_SHOW_LOG"):
                print(log, file=sys.stderr)


def overtaken(stage):
    """Restored, and by writes that we have not seen as far as it was: the answer to the question after the version tells nothing."""
    with stage.proxied():
        try:
            stage.start()
            for name, number in (("stays", 80), ("before", 81)):
                stage.vip(name, number)
            until(lambda: stage.serves("stays", "before"))
            stage.api.backup(history=0)
            stage.kinds_known()
            stage.vip("after", 82)
            served = until(lambda: stage.serves("stays", "after"), 60)
            stage.remove("before")
            stage.check("FC-11: a backup was taken; since then one came and one went", served and not stage.world.vip_of("before"), stage.log())
            newest = int(stage.world.newest_version())
            stage.proxy.faults = [lambda asked: stage.proxy.cut(asked) or True]  # away
            stage.api.restore()
            stage.kinds_known()
            stage.api.make_history(300)
            overtaken = int(stage.world.newest_version())
            stage.proxy.faults = []
            stage.check("FC-11: restored, the API server has got beyond all that was seen, before anybody saw it",
                        overtaken > newest and stage.world.vip_of("before") and not stage.world.vip_of("after"), f"{newest} {overtaken}")
            stage.vip("next", 82)
            follows = until(lambda: stage.serves("stays", "before", "next"), 120)
            too_large = 'reason="version_too_large"' in stage.controller.get(stage.controller.metrics, "/metrics")[1]
            stage.check("FC-11: the controller follows all the same, without a word of the API server", follows and not too_large,
                        f"{too_large} {stage.left()} {stage.log()}")
            stage.check("FC-11: what is gone has nothing left", until(lambda: not stage.world.get(
                f"{OURS}/namespaces/default/realserversets/after-v4-0"), 60), stage.left())
            stage.check("FC-11: it is still the same process", stage.well() and stage.stop() == 0)
        finally:
            log = stage.log()
            stage.stop()
            if os.environ.get("FAIRLEAD_SHOW_LOG"):
                print(log, file=sys.stderr)


def main():
    verdicts = apiserver.Verdicts()
    os.environ.pop("KUBECONFIG", None)  # etcd must be ours
    wanted = sys.argv[1:]  # parts by name, by hand
    for part in (clock_jumps, restored, overtaken):  # each with an API server of its own
        if wanted and part.__name__ not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="fairlead-controller-time-") as folder, apiserver.api_server() as api:
            certificates = Certificates(folder)
            certificates.make("good", "kube-apiserver", "IP:127.0.0.1")
            stage = Stage(verdicts, api, folder, certificates)
            stage.cluster()
            part(stage)
    verdicts.end()


if __name__ == "__main__":
    main()
