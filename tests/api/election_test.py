#!/usr/bin/python3
"""Two replicas of the real controller against a real API server (kubernetes.md 4, FC-02, I-13). Each has a token of its own, by
whose number the API server's audit log says who wrote what. $FAIRLEAD_BUILD: the build."""
import base64
import calendar
import json
import os
import signal
import tempfile
import time

import apiserver
import election_frozen as frozen
from api_client import Relay
from controller_process import Controller, kubeconfig_of
from controller_world import World, settle
from patience import SLOW, until

LEASE, RENEW, RETRY = 15, 10, 2  # seconds: what the controller takes when nobody says otherwise
SOONEST = LEASE - RETRY - 0.5  # after its last moment, its renewal being as old as it may
NEXT_TRY = 2.2 * RETRY  # a standby's longest wait between tries
SLACK = 3  # for what the machine does besides
LEASE_PATH = "/apis/coordination.k8s.io/v1/namespaces/fairlead-system/leases/fairlead-controller"
POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Request, users: ["system:serviceaccount:fairlead-system:fairlead-controller"], verbs: [create, update, patch, delete]}
- {level: None}
"""


class Stage:
    """What the cases share: the API server, objects, and the audit log."""
    soonest = SOONEST

    def __init__(self, verdicts, api, folder, audit):
        self.verdicts, self.api, self.folder, self.audit = verdicts, api, folder, audit
        self.world, self.replicas = World(api), []

    def check(self, name, ok, detail=""):
        self.verdicts.add(name, ok, str(detail))

    def replica(self, name, *words):
        _, token = self.api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=1h")
        out = Replica(self, name, token.strip(), words)
        self.replicas.append(out)
        return out

    def lines(self):
        """The audit log: one write by a controller each."""
        with open(self.audit) as file:
            return [json.loads(line) for line in file if line.endswith("}\n")]

    def vip(self, name, number):
        self.world.vip(name, {"addresses": [f"192.0.2.{number}"], "forwarding": "Delegate"})

    def served(self, number, seconds=20):
        return until(lambda: self.world.group_of(f"192.0.2.{number}"), seconds)

    def lease(self):
        return self.world.get(LEASE_PATH)["spec"]

    def end(self):
        for replica in self.replicas:
            if replica.process.poll() is None:
                replica.process.send_signal(signal.SIGCONT)
                replica.process.kill()
                replica.process.wait()
            if os.environ.get("FAIRLEAD_SHOW_LOG"):
                print(replica.name, replica.log(), sep="\n")


class Replica(Controller):
    def __init__(self, stage, name, token, words):
        self.stage, self.name = stage, name
        claims = token.split(".")[1]
        self.token_id = "JTI=" + json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["jti"]
        super().__init__(stage.folder, kubeconfig_of(stage.api, stage.folder, token, name=name), name, *words)

    def said(self, event, seconds=30):
        """When it first logged this, on this machine's wall clock; None if it does not."""
        def found():
            for line in self.log().splitlines():
                if f" {event} " in line + " ":
                    return line.split(" ", 1)[0]
            return None
        stamp = until(found, seconds)
        return stamp and calendar.timegm(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) + float("0" + stamp[19:-1])

    def leads(self, seconds=LEASE + 2 * NEXT_TRY + 20):
        return self.said("controller.leading", seconds)

    def ready(self):
        return until(lambda: self.get(self.health, "/readyz")[0] == 200)

    def writes(self, since=0, lease=False):
        """Its lines of the audit log from number `since` on; those about the Lease, or all others."""
        return [line for line in self.stage.lines()[since:]
                if self.token_id in line["user"].get("extra", {}).get("authentication.kubernetes.io/credential-id", [])
                and (line["objectRef"]["resource"] == "leases") == lease]


def good(lines):
    return [line for line in lines if line["responseStatus"]["code"] < 300]


def told(lines):
    """For the reader of a failure."""
    return [(line["requestReceivedTimestamp"], line["verb"], line["objectRef"].get("name"), line["responseStatus"]["code"])
            for line in lines[:12]]


def two_replicas(stage):
    first = stage.replica("first")
    stage.check("the first replica leads at once", first.leads() and first.ready(), first.log()[-800:])
    second = stage.replica("second")
    stage.check("the second sees who leads, lists everything and is ready", second.said("controller.lease_holder") and second.ready(),
                second.log()[-800:])
    for number, node in enumerate(("node-a", "node-b"), 1):
        stage.world.node(node, f"192.0.2.{number}")
        stage.world.report(node, f"192.0.2.{number}")
    stage.world.pool("public", ["192.0.2.64/28"])
    stage.vip("one", 70)
    stage.check("a VirtualIP gets its group", stage.served(70))
    settle(stage.world)
    stage.check("only the leader writes", good(first.writes()) and not second.writes() and not second.writes(lease=True),
                told(second.writes()))
    stage.check("/metrics tell who leads", first.metric("fairlead_controller_leader ") == 1
                and second.metric("fairlead_controller_leader ") == 0)
    seen = second.metric("fairlead_controller_leader_transitions_total ")
    stage.check("each holder of the Lease that it has seen is counted", 1 <= seen == second.log().count(" controller.lease_holder "), seen)
    stage.check("the standby's caches are warm", second.metric('fairlead_api_store_objects{kind="virtualips"}') == 1)
    lease = stage.lease()
    stage.check("the Lease names it, with times of six decimals", lease["leaseDurationSeconds"] == LEASE
                and lease["leaseTransitions"] == 0 and len(lease["renewTime"]) == 27, lease)
    return first, second


def handed_over(stage, leader, standby):
    """SIGTERM."""
    before = stage.lease()
    begun = time.time()
    code = leader.stop()
    took = standby.leads()
    stage.check("SIGTERM ends the leader with 0", code == 0 and "controller.lease_kept" not in leader.log(), leader.log()[-600:])
    last = leader.writes(lease=True)[-1]["requestObject"]["spec"]
    stage.check("its last word is an empty holder for 1 s", last["holderIdentity"] == "" and last["leaseDurationSeconds"] == 1
                and last["leaseTransitions"] == before["leaseTransitions"] and last["acquireTime"] == before["acquireTime"], last)
    stage.check("the standby leads at its next try, not after the lease", took and took - begun < NEXT_TRY + 1,
                took and took - begun)
    stage.check("the transition is counted", stage.lease()["leaseTransitions"] == before["leaseTransitions"] + 1, stage.lease())
    stage.vip("two", 71)
    stage.check("and does the work", stage.served(71) and good(standby.writes()), standby.log()[-600:])


def killed(stage, leader):
    """kill -9."""
    standby = stage.replica("third")
    standby.ready()
    standby.said("controller.lease_holder")
    time.sleep(RETRY * 2.2)
    leader.process.kill()
    begun = time.time()
    leader.process.wait()
    stage.vip("three", 72)
    took = standby.leads()
    waited = took - begun if took else 0
    stage.check("after kill -9 the standby waits for the lease, and takes over when it has run out",
                SOONEST < waited < LEASE + 2 * NEXT_TRY + SLACK, waited)
    stage.check("what was wanted meanwhile is done", stage.served(72))
    return standby


def cut_off(stage):
    """The API server away past the renew deadline, for the leader alone."""
    host, port = stage.world.api.kubectl("config", "view", "--raw", "--minify", "-o",
                                         "jsonpath={.clusters[0].cluster.server}")[1].rsplit("/", 1)[1].split(":")
    relay = Relay(host, int(port))
    leader = stage.replica("relayed", "--api-servers", f"127.0.0.1:{relay.port}")
    stage.check("through a relay it leads, too", leader.leads(), leader.log()[-800:])
    standby = stage.replica("direct")
    standby.ready()
    standby.said("controller.lease_holder")
    renewed = time.time()
    relay.cut()
    errors = until(lambda: leader.metric("fairlead_controller_lease_errors_total "), RENEW)
    stage.check("a renewal that fails is counted", errors >= 1, leader.log()[-800:])
    ended = until(lambda: leader.process.poll() is not None, RENEW + RETRY + SLACK + 5)
    lost = leader.said("controller.lease_lost", 1)
    stage.check("cut off from the API server the leader ends with 1", ended and leader.process.poll() == 1 and lost, leader.log()[-800:])
    stage.check("once it could not renew for as long as it may", lost and RENEW - 0.5 < lost - renewed < RENEW + RETRY + SLACK,
                lost and lost - renewed)
    took = standby.leads()
    stage.check("and before the standby leads", lost and took and lost < took < renewed + LEASE + 2 * NEXT_TRY + SLACK, (renewed, lost, took))
    return standby


def touched_by_hand(stage, leader):
    """The Lease deleted, and given to somebody else."""
    before = leader.metric("fairlead_controller_lease_slow_path_total ")
    stage.world.delete(LEASE_PATH)
    again = until(lambda: stage.world.get(LEASE_PATH), 10)
    time.sleep(RETRY)
    stage.check("a Lease that was deleted is there again, the leader leads on", again and leader.process.poll() is None
                and stage.lease()["holderIdentity"] == again["spec"]["holderIdentity"]
                and leader.metric("fairlead_controller_lease_slow_path_total ") > before, leader.log()[-600:])
    spec = {"holderIdentity": "somebody_else", "leaseDurationSeconds": 2}
    stage.world.api.request("PATCH", LEASE_PATH, json.dumps({"spec": spec}), "application/merge-patch+json")
    ended = until(lambda: leader.process.poll() is not None, 2 * RETRY + SLACK)
    stage.check("a leader whose Lease names somebody else stops at its next renewal", ended and leader.process.poll() == 1
                and "somebody_else" in leader.log(), leader.log()[-600:])
    begun = time.time()
    successor = stage.replica("last")
    took = successor.leads()
    stage.check("whoever comes waits for as long as that record says", took and 2 <= took - begun < 2 + NEXT_TRY + SLACK + 2,
                took and took - begun)
    return successor


def at_rest(stage):
    """Until the audit log has had no new line for two seconds, half a minute at most: Events come behind what they tell of. How
    many lines it has."""
    count, since = len(stage.lines()), time.monotonic()
    end = since + 30 * SLOW
    while time.monotonic() < min(since + 2, end):
        time.sleep(0.1)
        if len(stage.lines()) != count:
            count, since = len(stage.lines()), time.monotonic()
    return count


def two_leaders(stage):
    """Two that know nothing of each other, both writing all the time."""
    both = [stage.replica(name, "--leader-elect=false") for name in ("left", "right")]
    for replica in both:
        replica.ready()
    before = len(stage.lines())
    for number in range(230, 240):
        stage.vip(f"both-{number}", number)
    whole = until(lambda: all(stage.world.status_of(f"both-{number}").get("groups") for number in range(230, 240)))
    settle(stage.world)
    stage.check("two leaders at once: both write, and everything is served once", whole and frozen.once(stage)
                and all(good(replica.writes(before)) for replica in both), [told(replica.writes(before)) for replica in both])
    blind = [line for line in stage.lines()[before:] if line["verb"] in ("patch", "update", "delete") and not guarded(line)]
    stage.check("none of their writes is without a resourceVersion", not blind, told(blind))
    quiet = at_rest(stage)
    time.sleep(5)
    stage.check("and no war: in 5 s nothing is written", len(stage.lines()) == quiet, told(stage.lines()[quiet:]))
    for replica in both:
        replica.stop()


def guarded(line):
    """Events are not: each is its writer's own."""
    asked = line.get("requestObject", {})
    return line["objectRef"]["resource"] == "events" or bool(
        asked.get("metadata", asked.get("preconditions", {})).get("resourceVersion"))


def without_right(stage):
    """A Lease that our Role does not name."""
    seen = len(stage.lines())
    replica = stage.replica("forbidden", "--lease-name", "another")
    said = replica.said("controller.lease_failed")
    replica.ready()
    stage.check("without the right to its Lease a replica says so, does not lead, and lives", said and "403" in replica.log()
                and "controller.leading" not in replica.log() and not good(replica.writes(seen))
                and replica.get(replica.health, "/healthz") == (200, "ok"), replica.log()[-600:])
    stage.check("and it stops at once", replica.stop() == 0)


def main():
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-election-") as folder:
        with open(folder + "/policy.yaml", "w") as file:
            file.write(POLICY)
        flags = f"--audit-policy-file={folder}/policy.yaml --audit-log-path={folder}/audit.log --audit-log-mode=blocking"
        with apiserver.api_server(flags) as api:
            stage = Stage(verdicts, api, folder, folder + "/audit.log")
            try:
                first, second = two_replicas(stage)
                handed_over(stage, first, second)
                third = killed(stage, second)
                fourth = frozen.idle(stage, third)
                fifth = frozen.busy(stage, fourth)
                fifth.stop()
                successor = touched_by_hand(stage, cut_off(stage))
                without_right(stage)
                stage.check("at the end everything asked for is served once", frozen.once(stage), stage.world.items("vrrpgroups"))
                successor.stop()
                two_leaders(stage)
                frozen.made_anew(stage)
            finally:
                stage.end()
    verdicts.end()


if __name__ == "__main__":
    main()
