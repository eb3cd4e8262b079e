#!/usr/bin/python3
"""The real controller, under its own service account, against a real API server: from apply to groups, sets and
status, with Nodes, NodeReports and member statuses written by hand in place of nodes. $FAIRLEAD_BUILD: the build."""
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

import apiserver
import controller_by_hand as by_hand
import controller_endpoints
import controller_nodes as nodes
import controller_refusals as refusals
import controller_release as releases
import controller_serving as serving
import controller_traffic
from controller_process import BINARY, Controller, kubeconfig_of
from controller_world import OURS, Gone, World, let_go, rules_without, settle
from patience import until


def usage_cases(verdicts, folder):
    def run(*words, **env):
        done = subprocess.run([BINARY, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20,
                              env={k: v for k, v in os.environ.items() if k != "KUBECONFIG"} | env)
        return done.returncode, done.stdout, done.stderr
    code, _, text = run("--kubeconfig", folder + "/absent")
    verdicts.add("an unreadable kubeconfig ends with 2 and one sentence", code == 2 and len(text.splitlines()) == 1
                 and folder + "/absent" in text, text)
    for words, said in ((("--lease-duration", "10"), "10 s"), (("--retry-period", "9"), "9 s"), (("--retry-period", "0"), "retry-period"),
                        (("--lease-name", "No/Name"), "--lease-name"), (("--lease-duration", "soon"), "lease-duration"),
                        (("--kube-api-qps", "0"), "kube-api-qps"), (("--kube-api-qps", "nan"), "kube-api-qps"), (("--kube-api-burst", "-1"), "kube-api-burst")):
        code, _, text = run(*words)
        verdicts.add(f"{' '.join(words)} ends with 2 and one sentence", code == 2 and len(text.splitlines()) == 1 and said in text, text)
    code, _, text = run(FAIRLEAD_LEASE_DURATION="10")
    verdicts.add("a flag is taken from the environment, too", code == 2 and "10 s" in text, text)
    code, _, text = run("--no-such-flag")
    verdicts.add("an unknown flag ends with 2", code == 2 and "no-such-flag" in text, text)
    code, out, _ = run("--version")
    verdicts.add("--version ends with 0", code == 0 and out.startswith("fairlead-controller "), out)
    code, out, _ = run("--help")
    verdicts.add("--help ends with 0 and names every flag", code == 0 and all(f in out for f in (
        "--kubeconfig", "--api-servers", "--namespace", "--leader-elect", "--lease-name", "--lease-duration",
        "--renew-deadline", "--retry-period", "--kube-api-qps", "--kube-api-burst", "--default-controller", "--foreign-annotations", "--ignore-exclude-lb", "--on-cordon", "--metrics-address",
        "--health-address", "--log-level", "--log-format")), out)


def crd_cases(verdicts, api, folder, kubeconfig):
    api.kubectl("delete", "-f", "manifests/crds", "--wait=true")
    controller = Controller(folder, kubeconfig)
    waits = until(lambda: "controller.waiting" in controller.log())
    verdicts.add("CRDs missing at start: the controller waits and says so", bool(waits), controller.log()[-1500:])
    verdicts.add("it is alive and not ready meanwhile", controller.get(controller.health, "/healthz") == (200, "ok")
                 and controller.get(controller.health, "/readyz")[0] == 503)
    api.kubectl("apply", "-f", "manifests/crds")
    ready = until(lambda: controller.get(controller.health, "/readyz")[0] == 200, 40)
    verdicts.add("it goes on when they appear", bool(ready), controller.log()[-1500:])
    return controller


def finish(verdicts, world, controller):
    settle(world)
    verdicts.add("/metrics counts VirtualIPs by state", 'fairlead_controller_virtualips{state="Ready"} 1' in
                 controller.get(controller.metrics, "/metrics")[1])
    state = json.loads(controller.get(controller.metrics, "/state")[1])
    verdicts.add("/state is JSON that names the master", any(v["name"] == "machines" and v["master"] == "node-b"
                                                             for v in state["virtualIPs"]), str(state))
    verdicts.add("SIGTERM stops it with 0", controller.stop() == 0)


def half_blind(verdicts, world, folder, kubeconfig):
    """K-19: started without the right to list VirtualIPs, the controller sees groups that nobody seems to own."""
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/fairlead-controller"
    rules = world.get(path)["rules"]
    without = rules_without(rules, "virtualips")

    def allow(wanted):
        world.api.request("PATCH", path, json.dumps({"rules": wanted}), "application/merge-patch+json")
    before = world.versions()
    allow(without)
    controller = Controller(folder, kubeconfig, "half-blind")
    said = until(lambda: "api.forbidden" in controller.log(), 15)
    time.sleep(2)
    verdicts.add("before every kind has been listed nothing is decided, least of all a removal (K-19)",
                 bool(said) and world.versions() == before
                 and controller.get(controller.health, "/readyz")[0] == 503, controller.log()[-800:])
    allow(rules)
    ready = until(lambda: controller.get(controller.health, "/readyz")[0] == 200, 40)
    settle(world)
    verdicts.add("with the right given back it goes on, and still nothing has to be written",
                 bool(ready) and world.versions() == before, controller.log()[-800:])
    controller.stop()


def restart(verdicts, world, folder, kubeconfig):
    before = world.versions()
    controller = Controller(folder, kubeconfig, "restarted")
    until(lambda: controller.get(controller.health, "/readyz")[0] == 200)
    time.sleep(2)
    verdicts.add("a restart writes nothing", world.versions() == before, str(
        {k: (before.get(k), v) for k, v in world.versions().items() if before.get(k) != v}))
    for name in [v["metadata"]["name"] for v in world.items("virtualips")]:
        world.delete(f"{OURS}/namespaces/default/virtualips/{name}")
    for _ in range(2):
        time.sleep(0.5)
        for group in world.items("vrrpgroups"):
            for member in group["spec"]["members"]:
                with contextlib.suppress(Gone):
                    world.member(group["metadata"]["name"], member["node"], "Initialize")
    clean = until(lambda: not world.items("virtualips") and not world.items("vrrpgroups")
                  and not world.items("realserversets") and not world.items("addressclaims"))
    verdicts.add("with everything deleted no claim, group, set or finalizer is left", bool(clean),
                 str([world.items(p) for p in ("virtualips", "addressclaims", "vrrpgroups", "realserversets")])[:600])
    world.delete("/api/v1/nodes/node-c")
    swept = until(lambda: len(world.items("nodereports")) == 2)
    verdicts.add("the report of a Node that is gone is deleted", bool(swept))
    controller.stop()


def refused(verdicts, api, folder, token):
    bad_token = kubeconfig_of(api, folder, "not-a-token", name="bad-token")
    controller = Controller(folder, bad_token, "bad-token")
    said = until(lambda: "401" in controller.log(), 15)
    verdicts.add("a wrong token: a clear line, a metric, no crash", bool(said) and controller.process.poll() is None
                 and controller.metric("fairlead_api_") > 0, controller.log()[-1500:])
    controller.stop()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-days", "2",
                    "-keyout", folder + "/other.key", "-out", folder + "/other.crt"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(folder + "/other.crt", "rb") as file:
        other = base64.b64encode(file.read()).decode()
    controller = Controller(folder, kubeconfig_of(api, folder, token, other, "bad-ca"), "bad-ca")
    said = until(lambda: "certificate" in controller.log().lower(), 15)
    verdicts.add("a wrong CA: a clear line, no crash", bool(said) and controller.process.poll() is None,
                 controller.log()[-1500:])
    verdicts.add("it stops on SIGTERM all the same", controller.stop() == 0)


def main():
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-controller-") as folder, apiserver.api_server() as api:
        usage_cases(verdicts, folder)
        _, token = api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=1h")
        kubeconfig = kubeconfig_of(api, folder, token.strip())
        world = World(api)
        controller = crd_cases(verdicts, api, folder, kubeconfig)
        try:
            name = serving.main_flow(verdicts, world)
            serving.failover(verdicts, world, name)
            serving.split(verdicts, world, name)
            nodes.signals(verdicts, world, name)
            serving.quiet(verdicts, world, controller)
            refusals.bad_input(verdicts, world)
            serving.services(verdicts, world)
            refusals.poison(verdicts, world, controller)
            refusals.huge(verdicts, world)
            refusals.services(verdicts, world)
            refusals.foreign_writer(verdicts, world, controller)
            refusals.undone(verdicts, world, controller)
            releases.passing_over(verdicts, world, releases.release(verdicts, world))
            by_hand.shared(verdicts, world, until, let_go)
            by_hand.derived(verdicts, world, until, let_go)
            by_hand.own(verdicts, world, until)
            controller_endpoints.endpoints(verdicts, world)
            controller_traffic.traffic(verdicts, world)
            finish(verdicts, world, controller)
            half_blind(verdicts, world, folder, kubeconfig)
            restart(verdicts, world, folder, kubeconfig)
            refused(verdicts, api, folder, token.strip())
        finally:
            if controller.process.poll() is None:
                controller.stop()
            if os.environ.get("FAIRLEAD_SHOW_LOG"):
                print(controller.log(), file=sys.stderr)
    verdicts.end()


if __name__ == "__main__":
    main()
