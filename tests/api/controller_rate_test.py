#!/usr/bin/python3
"""FC-06, K-33: the real controller, which may send ten requests a second, beside a real API server. A hundred Services are new, which
takes it half a minute; what changes behind an address that is served is written all the same, and nothing of either is lost.
$FAIRLEAD_BUILD: the build."""
import json
import tempfile
import time

import apiserver
from controller_process import Controller, kubeconfig_of
from controller_world import OURS, World
from patience import SLOW, until

PER_SECOND, NEW = 10, 100
WITHIN = 6.0  # seconds: what is under way, and what is computed meanwhile
SET = f"{OURS}/namespaces/default/realserversets/steady-v4-0"


def reals(world):
    there = world.get(SET) or {"spec": {"virtualServers": []}}
    return [real["address"] for server in there["spec"]["virtualServers"] for real in server.get("reals", [])]


def serves(verdicts, world):
    for number, node in enumerate(("node-a", "node-b"), 11):
        world.node(node, f"192.0.2.{number}")
        world.report(node, f"192.0.2.{number}")
    world.pool("public", ["192.0.2.100-192.0.2.119"])
    world.service("steady", {})
    world.slice("steady", [("10.1.0.1", {}), ("10.1.0.2", {})])
    verdicts.add("a Service is served by two Pods", until(lambda: reals(world) == ["10.1.0.1", "10.1.0.2"]), str(world.items("virtualips")))


def post_many(world):
    for number in range(NEW):
        code, answer = world.api.request("POST", "/api/v1/namespaces/default/services", json.dumps({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": f"new-{number:03}"},
            "spec": {"type": "LoadBalancer", "loadBalancerClass": "fairlead.dev/vip", "allocateLoadBalancerNodePorts": False,
                     "ports": [{"port": 80}]}}), "application/json")
        if code != 201:
            raise RuntimeError(f"Service {number}: {code} {answer}")


def does_not_wait(verdicts, world):
    post_many(world)

    def made():
        return len(world.items("virtualips")) - 1
    until(lambda: made() >= 5)
    for turn, wanted in enumerate((["10.1.0.2"], ["10.1.0.2", "10.1.0.3"])):
        world.slice("steady", [(address, {}) for address in wanted])
        begun = time.monotonic()
        seen = until(lambda wanted=wanted: reals(world) == wanted, 60)
        took, count = time.monotonic() - begun, made()
        verdicts.add(f"FC-06, turn {turn}: endpoints behind what is served are written while {NEW} Services wait",
                     seen and took < WITHIN * SLOW and count < NEW, f"{took:.1f} s, {count} of {NEW} VirtualIPs, {reals(world)}")
        print(f"written after {took:.1f} s, {count} of {NEW} VirtualIPs made", flush=True)


def loses_nothing(verdicts, world, controller):
    def told():
        return sum(1 for v in world.items("virtualips") if v.get("status", {}).get("conditions"))
    all_made = until(lambda: told() == NEW + 1, 120)
    with_claim = len(world.items("addressclaims"))
    verdicts.add("every Service has its VirtualIP, with a status, in the end", all_made, f"{told()} {controller.log()[-1500:]}")
    verdicts.add("and every address of the pool is given", until(lambda: len(world.items("addressclaims")) == 20), str(with_claim))
    requests = controller.metric("fairlead_controller_reconcile_total")
    verdicts.add("no write was lost by being left to a later round", controller.metric(
        'fairlead_controller_reconcile_total{kind="virtualips",result="failed"}') == 0 and requests > NEW * 2, str(requests))


def main():
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-rate-") as folder, apiserver.api_server() as api:
        token = api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system")[1].strip()
        controller = Controller(folder, kubeconfig_of(api, folder, token), "slow", "--kube-api-qps", str(PER_SECOND),
                                "--kube-api-burst", str(PER_SECOND))
        world = World(api)
        try:
            serves(verdicts, world)
            does_not_wait(verdicts, world)
            loses_nothing(verdicts, world, controller)
        finally:
            verdicts.add("it ends with 0", controller.stop() == 0, controller.log()[-800:])
    verdicts.end()


if __name__ == "__main__":
    main()
