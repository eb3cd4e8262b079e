#!/usr/bin/python3
"""The real controller and the real node in a steady state with 1,000 objects (P-10, P-11, I-7, K-20, K-29), by the API server's audit log:
nobody writes but the leader its Lease, nobody lists, and the node asks seldom. 10 min with FAIRLEAD_LONG, else 100 s, in which the
controller looks at everything three times. $FAIRLEAD_BUILD: the build. Needs root, for namespaces."""
import collections
import concurrent.futures
import json
import os
import sys
import tempfile
import time

import apiserver
from controller_process import Controller, kubeconfig_of
from controller_world import OURS, World
from node_world import Daemon, Link, World as NodeWorld
from patience import until
from rights_world import AUDIT_POLICY, CONTROLLER, NODE

SECONDS = 600 if os.environ.get("FAIRLEAD_LONG") else 100
VIPS, SERVICES, SLICES = 100, 400, 500
MOST_WATCHES, MOST_PER_SECOND = 3, 0.2  # of a node (P-11)


def fill(world):
    """VirtualIPs that the node serves, and Services and EndpointSlices that the controller has to watch."""
    def post(path, body):
        code, answer = world.api.request("POST", path, json.dumps(body), "application/json")
        if code != 201:
            raise RuntimeError(f"{path}: {code} {answer.get('message')}")
    work = [(f"{OURS}/namespaces/default/virtualips", {
        "apiVersion": "fairlead.dev/v1alpha1", "kind": "VirtualIP", "metadata": {"name": f"v{n}", "namespace": "default"},
        "spec": {"addresses": [f"192.0.2.{100 + n}"], "forwarding": "Delegate"}}) for n in range(VIPS)]
    work += [("/api/v1/namespaces/default/services", {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{n}", "namespace": "default"},
        "spec": {"ports": [{"port": 80}]}}) for n in range(SERVICES)]
    work += [("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": f"e{n}", "namespace": "default", "labels": {"kubernetes.io/service-name": f"s{n % SERVICES}"}},
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}], "endpoints": [{"addresses": [f"10.1.{n // 250}.{n % 250 + 1}"]}]})
        for n in range(SLICES)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: post(*each), work))
    return len(work)


def asked(audit, since):
    """{account: [(verb, resource, what the line is about)]} from line `since` on, and how many lines there are. Of a watch there is a
    line when it begins and one when it ends."""
    out, count = collections.defaultdict(list), 0
    with open(audit) as file:
        for count, line in enumerate(file, 1):
            if count > since and line.endswith("\n"):
                event = json.loads(line)
                about = event.get("objectRef") or {"resource": event["requestURI"]}
                out[event["user"]["username"]].append((event["verb"], about["resource"], event["stage"]))
    return out, count


def steady(verdicts, world, audit, processes):
    controller, daemon = processes
    until(lambda: all(v.get("status", {}).get("state") == "Ready" for v in world.items("virtualips")), 60)
    verdicts.add(f"{VIPS} VirtualIPs are Ready on the real node", all(
        v.get("status", {}).get("state") == "Ready" for v in world.items("virtualips")), controller.log()[-1500:] + daemon.log()[-1500:])
    before, settled = {}, time.monotonic() + 120  # the last reports, and what comes of them
    while before != world.versions() and time.monotonic() < settled:
        before = world.versions()
        time.sleep(5)
    _, since = asked(audit, 0)
    time.sleep(SECONDS)
    found, _ = asked(audit, since)
    changed = {key for key, version in world.versions().items() if before.get(key) != version}
    verdicts.add(f"in {SECONDS} s nothing has changed", not changed, str(changed))
    counts = {account: collections.Counter((verb, resource) for verb, resource, stage in lines if stage != "ResponseStarted" or verb == "watch")
              for account, lines in found.items()}
    print(f"in {SECONDS} s: {counts}", flush=True)
    of_controller, of_node = counts.get(CONTROLLER, {}), counts.get(NODE, {})
    renewals = of_controller.get(("update", "leases"), 0)
    verdicts.add("the controller renewed its Lease", SECONDS / 2.5 - 3 < renewals < SECONDS / 1.8 + 3, str(renewals))
    others = {key: n for key, n in of_controller.items() if key[0] != "watch" and key != ("update", "leases")}
    verdicts.add("and asked for nothing else: no write, no list, no get (K-20, K-29)", not others, str(others))
    of_verbs = {key: n for key, n in of_node.items() if key[0] != "watch"}
    verdicts.add("the node neither wrote nor listed", not of_verbs, str(of_verbs))
    rate = sum(of_node.values()) / SECONDS
    verdicts.add(f"it asked {rate:.3f} times a second, {MOST_PER_SECOND} at most (P-11)", rate <= MOST_PER_SECOND, str(of_node))


def watches(verdicts, audit):
    """Over the whole run: begun and not ended, at any time."""
    with open(audit) as file:
        lines = [json.loads(line) for line in file if line.endswith("\n")]
    open_now, most, kinds = set(), 0, set()
    for line in lines:
        if line["verb"] != "watch" or line["user"]["username"] != NODE:
            continue
        kinds.add(line["objectRef"]["resource"])
        (open_now.add if line["stage"] == "ResponseStarted" else open_now.discard)(line["auditID"])
        most = max(most, len(open_now))
    verdicts.add(f"the node had {most} watches at once, {MOST_WATCHES} at most (P-11)", 2 <= most <= MOST_WATCHES, str(kinds))


def main():
    if os.geteuid() != 0:
        sys.exit("SKIPPED: needs root, for namespaces")
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-quiet-") as folder:
        with open(folder + "/policy", "w") as file:
            json.dump(AUDIT_POLICY, file)
        audit = folder + "/audit"
        with apiserver.api_server(f"--audit-policy-file={folder}/policy --audit-log-path={audit}") as api, Link():
            world, node_world, daemon, controller = World(api), NodeWorld(api, folder), None, None
            try:
                node_world.path.open()
                world.node("node-a", "192.0.2.1")
                world.pool("public", ["192.0.2.96-192.0.2.210"], groups=4)
                verdicts.add("1,000 objects are made", fill(world) == 1000)
                _, token = api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=1h")
                controller = Controller(folder, kubeconfig_of(api, folder, token.strip()))
                daemon = Daemon(folder, node_world.kubeconfig("node"))
                steady(verdicts, world, audit, (controller, daemon))
                watches(verdicts, audit)
            finally:
                codes = [process.stop() for process in (daemon, controller) if process]
                node_world.path.cut()
            verdicts.add("both end well", codes == [0, 0], str(codes))
    verdicts.end()


if __name__ == "__main__":
    main()
