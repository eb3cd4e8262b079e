#!/usr/bin/python3
"""Addresses from pools (docs/addresses.md), by the real controller under its own account against a real API server; Nodes,
NodeReports and member statuses are written by hand. $FAIRLEAD_BUILD: the build."""
import json
import os
import sys
import tempfile
import time

import apiserver
from controller_process import Controller, kubeconfig_of
from controller_world import OURS, World, let_go, settle, until

SERVICES = "/api/v1/namespaces/default/services"


class Stage:
    """What all parts use: the objects, and controllers under the account that the manifests give them."""

    def __init__(self, verdicts, api, folder):
        self.verdicts, self.api, self.folder, self.world = verdicts, api, folder, World(api)
        _, token = api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=1h")
        self.kubeconfig = kubeconfig_of(api, folder, token.strip())
        self.number, self.running = 0, []

    def start(self, *words):
        self.number += 1
        controller = Controller(self.folder, self.kubeconfig, f"controller-{self.number}", *words)
        self.running.append(controller)
        until(lambda: controller.get(controller.health, "/readyz")[0] == 200)
        return controller

    def stop(self):
        for controller in self.running:
            controller.stop()
        self.running = []

    def logs(self):
        return "".join(controller.log()[-1500:] for controller in self.running)

    def claims(self):
        """address -> name of the VirtualIP that it was made for."""
        return {c["spec"]["address"]: c["spec"]["owner"]["name"] for c in self.world.items("addressclaims")}

    def given(self, *names):
        """name -> address, once all have one."""
        def found():
            out = {name: self.world.status_of(name).get("address") for name in names}
            return all(out.values()) and out
        return until(found) or {name: self.world.status_of(name).get("address") for name in names}

    def holders(self):
        """[(address, name of its owner)] over all groups."""
        return sorted((a["address"], o["name"]) for g in self.world.items("vrrpgroups") for a in g["spec"].get("addresses", [])
                      for o in a.get("owners", []))

    def everything(self):
        """A change of it is a write."""
        settle(self.world)
        return self.world.versions()

    def open_vip(self, name, **more):
        self.world.vip(name, {"ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}], **more})

    def says(self, name, kind, reason):
        """The message of that condition, once it has that reason."""
        until(lambda: self.world.condition(name, kind)["reason"] == reason, 15)
        said = self.world.condition(name, kind)
        return said["message"] if said["reason"] == reason else None

    def report(self):
        """Every member of every group reports the present generation, the first as Master."""
        for group in self.world.items("vrrpgroups"):
            for place, member in enumerate(group["spec"]["members"]):
                self.world.member(group["metadata"]["name"], member["node"], "Backup" if place else "Master")


def two_services(stage):
    world, add = stage.world, stage.verdicts.add
    for name in ("web", "api"):
        world.service(name, {})
        world.slice(name, [("10.1.0.1", {"ready": True})])
    given = stage.given("web", "api")
    add("two Services without an address get two addresses of the pool", sorted(filter(None, given.values())) == [
        "192.0.2.100", "192.0.2.101"], str(given) + stage.logs())
    add("each has its claim, and is in one group", stage.claims() == {a: n for n, a in given.items()}
        and stage.holders() == sorted((a, n) for n, a in given.items()), f"{stage.claims()} {stage.holders()}")
    stage.report()

    def ingress(name):
        return [i["ip"] for i in world.get(f"{SERVICES}/{name}")["status"].get("loadBalancer", {}).get("ingress", [])]
    add("and the Services' status has them", bool(until(lambda: all(ingress(n) == [given[n]] for n in given))),
        str([ingress(n) for n in given]))
    numbers = until(lambda: (lambda s: s if s.get("assignedIPv4") == 2 else None)(world.get(f"{OURS}/addresspools/public")["status"]))
    add("the pool counts them", bool(numbers) and numbers["availableIPv4"] == 8, str(world.get(f"{OURS}/addresspools/public")["status"]))
    return given


def restart(stage, given):
    before = stage.everything()
    stage.stop()
    stage.start()
    time.sleep(2)
    after = stage.world.versions()
    stage.verdicts.add("a restart of the controller writes nothing", after == before,
                       str({k: (before.get(k), v) for k, v in after.items() if before.get(k) != v}))
    stage.verdicts.add("and moves nothing", stage.given(*given) == given, str(stage.given(*given)))


def pool_edits(stage, given):
    """FC-14."""
    world, add = stage.world, stage.verdicts.add

    def same():
        settle(world)
        return stage.given(*given) == given and stage.holders() == sorted((a, n) for n, a in given.items())
    world.pool("better", ["192.0.2.120-192.0.2.121"], serviceAllocation={"priority": 1})
    add("a pool of higher priority moves no address", same(), str(stage.holders()))
    stage.open_vip("third")
    add("it gives the next one", stage.given("third") == {"third": "192.0.2.120"}, str(stage.given("third")))
    let_go(world, ["third"])
    world.pool("public", ["192.0.2.101-192.0.2.109"])
    loser = next(n for n, a in given.items() if a == "192.0.2.100")
    said = stage.says(loser, "Degraded", "PoolRemoved")
    add("a pool that shrinks in use: the address stays, Degraded says PoolRemoved", same() and bool(said) and "192.0.2.100" in said,
        f"{said} {stage.holders()}")
    add("an Event says so", bool(until(lambda: world.events("PoolRemoved", "192.0.2.100"))))
    world.delete(f"{OURS}/addresspools/public")
    gone = [stage.says(n, "Degraded", "PoolRemoved") for n in given]
    add("a pool that goes in use: every address stays", same() and all(gone), f"{gone} {stage.holders()}")
    stage.stop()
    stage.start()
    add("through a restart, too", same(), str(stage.holders()))
    world.delete(f"{OURS}/addresspools/better")
    world.pool("public", ["192.0.2.100-192.0.2.109"])
    add("with the pool back they are well", bool(until(lambda: all(
        world.condition(n, "Degraded")["reason"] == "Healthy" for n in given))) and same(), str(stage.holders()))


def giving_back(stage, given):
    world, add = stage.world, stage.verdicts.add
    world.pool("tiny", ["192.0.2.130/32"], autoAssign=False)
    stage.open_vip("first", pool="tiny")
    stage.given("first")
    stage.report()
    stage.open_vip("waits", pool="tiny")
    said = stage.says("waits", "Allocated", "PoolExhausted")
    add("an exhausted pool is named", said == "no IPv4 address is left in AddressPool tiny", str(said))
    world.delete(f"{OURS}/namespaces/default/virtualips/first")
    until(lambda: not world.group_of("192.0.2.130"))
    time.sleep(1)
    add("deleted, its claim stays until every member has reported", stage.claims().get("192.0.2.130") == "first"
        and not world.status_of("waits").get("address"), f"{stage.claims()}")
    let_go(world, ["first"])
    add("then the next one gets the address", stage.given("waits") == {"waits": "192.0.2.130"}, str(world.status_of("waits")))
    add("and the claim", stage.claims().get("192.0.2.130") == "waits", str(stage.claims()))
    let_go(world, ["waits"])
    add("nothing of it is left", bool(until(lambda: "192.0.2.130" not in stage.claims())), str(stage.claims()))
    world.delete(f"{OURS}/addresspools/tiny")
    add("the others are where they were", stage.given(*given) == given, str(stage.given(*given)))


def refusals(stage):
    """kubernetes.md 1: who may use which pool."""
    world, add = stage.world, stage.verdicts.add
    world.pool("inner", ["192.0.2.140-192.0.2.141"], serviceAllocation={
        "priority": 1, "namespaceSelectors": [{"matchLabels": {"tier": "inner"}}], "serviceSelectors": [{"matchLabels": {"app": "db"}}]})
    stage.open_vip("inside", pool="inner")
    said = stage.says("inside", "Accepted", "NotAdmitted")
    add("a pool of other namespaces is refused, saying which list it is by", bool(said) and "namespace default" in said, str(said))
    stage.api.kubectl("label", "namespace", "default", "tier=inner")
    said = until(lambda: "serviceSelectors" in world.condition("inside", "Accepted")["message"])
    add("with the namespace labelled it is the labels that lack", bool(said), str(world.condition("inside", "Accepted")))
    world.apply(f"{OURS}/namespaces/default/virtualips/inside", {
        "apiVersion": "fairlead.dev/v1alpha1", "kind": "VirtualIP", "metadata": {"name": "inside", "labels": {"app": "db"}}}, "labels")
    add("with both it has an address", stage.given("inside") == {"inside": "192.0.2.140"}, str(world.status_of("inside")))
    stage.api.kubectl("label", "namespace", "default", "tier-")
    said = stage.says("inside", "Degraded", "PoolRemoved")
    add("with the label off again it keeps it", bool(said) and stage.given("inside") == {"inside": "192.0.2.140"}, str(said))
    world.apply(f"{SERVICES}/old", {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "old", "namespace": "default"},
        "spec": {"type": "LoadBalancer", "loadBalancerClass": "fairlead.dev/vip", "loadBalancerIP": "192.0.2.109",
                 "ports": [{"name": "http", "port": 80}]}})
    add("spec.loadBalancerIP is honoured, and an Event warns of it", stage.given("old") == {"old": "192.0.2.109"}
        and bool(until(lambda: world.events("DeprecatedField", "loadBalancerIPs"))), str(world.status_of("old")))
    let_go(world, ["inside"])
    world.delete(f"{SERVICES}/old")
    let_go(world, ["old"])
    world.delete(f"{OURS}/addresspools/inner")


def sharing(stage):
    """api.md, sharingKey."""
    world, add = stage.world, stage.verdicts.add
    address = "192.0.2.108"

    def ask(name, port, key="mail"):
        world.service(name, {"fairlead.dev/loadBalancerIPs": address, "fairlead.dev/sharing-key": key}, port=port)

    def owners():
        return [n for a, n in stage.holders() if a == address]
    ask("smtp", 25)
    stage.given("smtp")
    ask("imap", 143)
    add("two Services with one key and other ports share the address", stage.given("smtp", "imap") == {
        "smtp": address, "imap": address} and owners() == ["imap", "smtp"], f"{owners()} {world.status_of('imap')}")
    claim = world.get(f"{OURS}/addressclaims/v4-192-0-2-108")
    add("by one claim, which has both", [h["name"] for h in claim["status"]["holders"]] == ["smtp", "imap"], str(claim))
    add("each with a set of its own", all(world.get(f"{OURS}/namespaces/default/realserversets/{n}-v4-0") for n in ("smtp", "imap")))
    ask("again", 25)
    said = stage.says("again", "Accepted", "SharingConflict")
    add("one with a port that is taken is refused, saying with whom and why", bool(said) and "default/smtp" in said
        and "port 25/TCP" in said, str(said))
    ask("other", 80, "web")
    said = stage.says("other", "Allocated", "AddressInUse")
    add("and one with another key", bool(said) and "default/smtp" in said, str(said))
    world.delete(f"{SERVICES}/smtp")
    add("the one that came first goes, the other keeps the address", bool(until(lambda: not world.vip_of("smtp")))
        and "smtp" not in owners() and "imap" in owners(), f"{owners()} {world.vip_of('smtp')}")
    add("and then a third may have that port", bool(until(lambda: owners() == ["again", "imap"])), f"{owners()}")
    for name in ("imap", "again", "other"):
        world.delete(f"{SERVICES}/{name}")
    let_go(world, ["imap", "again", "other"])
    add("with the last the claim goes", bool(until(lambda: address not in stage.claims())), str(stage.claims()))


def sweep(stage):
    """FC-08: deleted while no controller ran, the finalizer taken off by hand."""
    world, add = stage.world, stage.verdicts.add
    stage.open_vip("lost")
    address = stage.given("lost")["lost"]
    stage.stop()
    where = f"{OURS}/namespaces/default/virtualips/lost"
    stage.api.request("PATCH", where, json.dumps({"metadata": {"finalizers": []}}), "application/merge-patch+json")
    world.delete(where)
    add("without a controller the claim stays", stage.claims().get(address) == "lost", str(stage.claims()))
    stage.start()
    until(lambda: not world.group_of(address))
    let_go(world, ["lost"])
    add("at its start the claim of who is gone is swept, once the address is released", bool(until(
        lambda: address not in stage.claims())), str(stage.claims()) + stage.logs())


def race(stage):
    """I-13: two that both believe they lead. The claim is the lock."""
    world, add = stage.world, stage.verdicts.add
    stage.stop()
    world.pool("race", ["192.0.2.160-192.0.2.219"], autoAssign=False, groups=2)
    two = [stage.start("--leader-elect=false") for _ in range(2)]
    names = [f"race-{number}" for number in range(40)]
    for name in names:
        stage.open_vip(name, pool="race")
    given = stage.given(*names)
    settle(world)
    given = stage.given(*names)
    addresses = [a for a in given.values() if a]
    add("40 VirtualIPs, two controllers at once: each has an address", len(addresses) == 40, str(given) + stage.logs())
    add("no two have the same", len(set(addresses)) == len(addresses), str(given))
    owners = {a: n for a, n in stage.claims().items() if n in given}
    add("each by a claim of its own, and no other", owners == {a: n for n, a in given.items()}, f"{owners} {given}")
    held = [(a, n) for a, n in stage.holders() if n in given]
    add("and in one group each", held == sorted((a, n) for n, a in given.items()), str(held))
    lost = sum(c.metric('fairlead_controller_reconcile_total{kind="addressclaims",result="conflict"') for c in two)
    add("the lock was tried: some claims were refused to the second", lost > 0, f"{lost} conflicts")
    before = stage.everything()
    time.sleep(3)
    add("then neither writes any more", world.versions() == before)
    print(f"        claims refused in the race: {lost:.0f}")


def main():
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-allocation-") as folder, apiserver.api_server() as api:
        stage = Stage(verdicts, api, folder)
        world = stage.world
        try:
            stage.start()
            for number, name in enumerate(("node-a", "node-b", "node-c"), 1):
                world.node(name, f"192.0.2.{number}")
                world.report(name, f"192.0.2.{number}")
            world.pool("public", ["192.0.2.100-192.0.2.109"])
            given = two_services(stage)
            restart(stage, given)
            pool_edits(stage, given)
            giving_back(stage, given)
            refusals(stage)
            sharing(stage)
            sweep(stage)
            race(stage)
        finally:
            if os.environ.get("FAIRLEAD_SHOW_LOG"):
                print(stage.logs(), file=sys.stderr)
            stage.stop()
    verdicts.end()


if __name__ == "__main__":
    main()
