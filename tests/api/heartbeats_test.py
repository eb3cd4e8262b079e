#!/usr/bin/python3
"""FC-05, FC-06: the real controller beside a real API server. What changes all the time and nothing of ours depends on, the heartbeats of
kubelets, Services of another class and their endpoints, costs no whole round, which at 10,000 Services takes a good part of a second.
$FAIRLEAD_BUILD: the build."""
import concurrent.futures
import json
import tempfile
import time

import apiserver
from controller_process import Controller, kubeconfig_of
from controller_world import World
from patience import until

NODES, BEATS, OTHERS = 50, 20, 10
ROUNDS = 'fairlead_controller_reconcile_duration_seconds_count{kind="all"}'
ENDPOINT_ROUNDS = 'fairlead_controller_reconcile_duration_seconds_count{kind="endpoints"}'
LOOK_ANYWAY = 30  # seconds: a whole round all the same


class Busy:
    """Whoever else writes to the API server."""

    def __init__(self, world):
        self.world = world

    def beat(self, node, beat):
        self.world.api.request("PATCH", f"/api/v1/nodes/node-{node}/status", json.dumps({"status": {"conditions": [{
            "type": "Ready", "lastHeartbeatTime": f"2026-01-01T00:{beat:02}:00Z"}]}}), "application/strategic-merge-patch+json")

    def announce(self, number, turn):
        name = f"other-{number}"
        self.world.apply(f"/api/v1/namespaces/default/services/{name}/status", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"},
            "status": {"loadBalancer": {"ingress": [{"ip": f"198.51.100.{turn + 1}"}]}}}, "other")
        self.world.slice(name, [(f"10.9.{number}.{turn + 1}", {})])

    def all_at_once(self, work):
        """How long it took, in seconds."""
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda each: each[0](*each[1:]), work))
        return time.monotonic() - begun


def at_rest(controller):
    """Whole rounds so far, once there has been none for 4 s."""
    seen, since, end = controller.metric(ROUNDS), time.monotonic(), time.monotonic() + 60
    while time.monotonic() < min(since + 4, end):
        time.sleep(0.2)
        if controller.metric(ROUNDS) != seen:
            seen, since = controller.metric(ROUNDS), time.monotonic()
    return seen


def fill(world):
    for number in range(NODES):
        world.node(f"node-{number}", f"192.0.2.{number + 1}")
    world.report("node-0", "192.0.2.1")
    world.pool("public", ["192.0.2.100-192.0.2.119"])
    world.service("web", {})
    world.slice("web", [("10.1.0.1", {})])
    for number in range(OTHERS):
        world.service(f"other-{number}", {}, "another.example/lb")


def costs_nothing(verdicts, controller, what, took, before):
    """`took`: how long it was done. A few are those of the change that shows that all has been seen, and of what comes of it."""
    rounds, most = controller.metric(ROUNDS) - before, 4 + took / LOOK_ANYWAY
    print(f"{what} in {took:.1f} s: {rounds:.0f} whole rounds", flush=True)
    verdicts.add(f"{what} cost no whole round", 1 <= rounds <= most, f"{rounds} in {took:.1f} s")


def label(world, path):
    world.api.request("PATCH", path, json.dumps({"metadata": {"labels": {"zone": "b"}}}), "application/merge-patch+json")


def heartbeats(verdicts, world, controller):
    before, begun = at_rest(controller), time.monotonic()
    busy = Busy(world)
    busy.all_at_once([(busy.beat, node, beat) for beat in range(1, BEATS + 1) for node in range(NODES)])
    beaten = world.get("/api/v1/nodes/node-7")["status"]["conditions"][0]["lastHeartbeatTime"]
    verdicts.add("the heartbeats have come", beaten == f"2026-01-01T00:{BEATS:02}:00Z", beaten)
    label(world, "/api/v1/nodes/node-7")
    until(lambda: controller.metric(ROUNDS) > before)
    costs_nothing(verdicts, controller, f"{NODES * BEATS} heartbeats of Nodes", time.monotonic() - begun, before)


def others(verdicts, world, controller):
    before, begun, of_endpoints = at_rest(controller), time.monotonic(), controller.metric(ENDPOINT_ROUNDS)
    busy = Busy(world)
    busy.all_at_once([(busy.announce, number, turn) for turn in range(BEATS) for number in range(OTHERS)])
    world.slice("web", [("10.1.0.1", {}), ("10.1.0.2", {})])
    label(world, "/api/v1/namespaces/default/services/other-0")
    until(lambda: controller.metric(ENDPOINT_ROUNDS) > of_endpoints and controller.metric(ROUNDS) > before)
    costs_nothing(verdicts, controller, f"{BEATS * OTHERS} changes of Services of another class and of their endpoints",
                  time.monotonic() - begun, before)
    verdicts.add("nor of their endpoints a round", controller.metric(ENDPOINT_ROUNDS) - of_endpoints <= 2,
                 str(controller.metric(ENDPOINT_ROUNDS) - of_endpoints))


def main():
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-heartbeats-") as folder, apiserver.api_server() as api:
        token = api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system")[1].strip()
        world = World(api)
        fill(world)
        controller = Controller(folder, kubeconfig_of(api, folder, token), "heartbeats", "--leader-elect=false")
        try:
            verdicts.add("a Service of ours has its VirtualIP", until(lambda: world.vip_of("web") is not None), controller.log()[-800:])
            heartbeats(verdicts, world, controller)
            others(verdicts, world, controller)
        finally:
            verdicts.add("it ends with 0", controller.stop() == 0, controller.log()[-800:])
    verdicts.end()


if __name__ == "__main__":
    main()
