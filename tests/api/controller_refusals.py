"""For controller_test.py: what is refused, what cannot be written, what somebody else writes; none of it harms the others."""
import json
import time

from controller_world import APPLY, OURS, let_go
from patience import until


def bad_input(verdicts, world):
    world.vip("outside", {"addresses": ["198.51.100.7"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.condition("outside", "Accepted")["status"])
    accepted = world.condition("outside", "Accepted")
    verdicts.add("an address outside every pool: Accepted=False, OutsidePool",
                 (accepted["status"], accepted["reason"]) == ("False", "OutsidePool")
                 and world.status_of("outside").get("state") == "Rejected", str(world.status_of("outside")))
    before = world.group_of("192.0.2.100")
    world.vip("late", {"addresses": ["192.0.2.100"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.23"}]})
    until(lambda: world.condition("late", "Allocated")["status"])
    allocated = world.condition("late", "Allocated")
    verdicts.add("two VirtualIPs with one address: the younger gets AddressInUse, naming the holder",
                 (allocated["status"], allocated["reason"]) == ("False", "AddressInUse")
                 and "default/machines" in allocated["message"], str(allocated))
    verdicts.add("the older is not disturbed", world.status_of("machines").get("state") == "Ready"
                 and world.group_of("192.0.2.100")["metadata"]["generation"] == before["metadata"]["generation"])
    failed = until(lambda: world.events("AllocationFailed", "192.0.2.100"))
    verdicts.add("an Event AllocationFailed says so", bool(failed))
    world.vip("nodes", {"addresses": ["192.0.2.1"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.condition("nodes", "Accepted")["status"])
    verdicts.add("a node's own address: ReservedAddress",
                 world.condition("nodes", "Accepted")["reason"] == "ReservedAddress",
                 str(world.condition("nodes", "Accepted")))
    world.vip("later", {"addresses": ["192.0.2.111"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}],
                        "quorum": 2})
    until(lambda: world.condition("later", "Accepted")["status"])
    verdicts.add("a field that is not built yet: NotYetSupported, naming it",
                 world.condition("later", "Accepted")["reason"] == "NotYetSupported"
                 and "spec.quorum" in world.condition("later", "Accepted")["message"],
                 str(world.condition("later", "Accepted")))
    world.vip("empty", {"pool": "absent", "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.condition("empty", "Accepted")["status"])
    verdicts.add("no address, and a pool that is not there: PoolNotFound, naming it", world.condition("empty", "Accepted")["reason"]
                 == "PoolNotFound" and "absent" in world.condition("empty", "Accepted")["message"], str(world.condition("empty", "Accepted")))
    world.pool("second", ["192.0.2.120-192.0.2.130"])
    overlap = until(lambda: [c for c in (world.get(f"{OURS}/addresspools/second").get("status") or {}).get(
        "conditions", []) if c["type"] == "Accepted"])
    verdicts.add("a pool that overlaps an older one: Accepted=False", bool(overlap) and overlap[0]["status"] == "False"
                 and "public" in overlap[0]["message"], str(overlap))
    for vip in ("outside", "late", "nodes", "later", "empty"):
        world.delete(f"{OURS}/namespaces/default/virtualips/{vip}")
    gone = until(lambda: len(world.items("virtualips")) == 1)
    verdicts.add("VirtualIPs that hold nothing go at once", bool(gone), str(len(world.items("virtualips"))))


def poison(verdicts, world, controller):
    base, name = "/apis/admissionregistration.k8s.io/v1", "fairlead-controller-test"
    world.apply(f"{base}/validatingadmissionpolicies/{name}", {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {"failurePolicy": "Fail",
                 "matchConstraints": {"resourceRules": [{
                     "apiGroups": ["fairlead.dev"], "apiVersions": ["v1alpha1"], "operations": ["CREATE", "UPDATE"],
                     "resources": ["realserversets"]}]},
                 "validations": [{"expression": "object.metadata.name != 'poison-v4-0'", "message": "not this one"}]}})
    world.apply(f"{base}/validatingadmissionpolicybindings/{name}", {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}})

    def denied():
        body = {"apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet",
                "metadata": {"name": "poison-v4-0", "namespace": "default"}, "spec": {"group": "g"}}
        return "not this one" in json.dumps(world.api.request(
            "PATCH", f"{OURS}/namespaces/default/realserversets/poison-v4-0?fieldManager=t&dryRun=All",
            json.dumps(body), APPLY)[1])
    until(denied, 20)
    for vip, address in (("poison", "192.0.2.105"), ("sound", "192.0.2.106")):
        world.vip(vip, {"addresses": [address], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    sound = until(lambda: world.get(f"{OURS}/namespaces/default/realserversets/sound-v4-0"))
    verdicts.add("an object that cannot be written holds up no other", bool(sound)
                 and not world.get(f"{OURS}/namespaces/default/realserversets/poison-v4-0"))
    time.sleep(2)
    lines = [l for l in controller.log().splitlines() if "controller.write_failed" in l and "poison-v4-0" in l]
    verdicts.add("it is said once, and why", len(lines) == 1 and "not this one" in lines[0], str(lines))
    tries = controller.metric('fairlead_controller_reconcile_total{kind="realserversets",result="failed"}')
    verdicts.add("and tried again ever more slowly", 1 < tries < 15, str(tries))
    for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
        world.delete(f"{base}/{kind}/{name}")
    healed = until(lambda: world.get(f"{OURS}/namespaces/default/realserversets/poison-v4-0"), 40)
    verdicts.add("until it works", bool(healed))
    verdicts.add("and both go again", bool(let_go(world, ["poison", "sound"])))


def huge(verdicts, world):
    """FC-09: the API server takes a Service with any number of ports."""
    path = "/api/v1/namespaces/default/services/huge"

    def ask(count):
        world.apply(path, {"apiVersion": "v1", "kind": "Service", "metadata": {
            "name": "huge", "namespace": "default", "annotations": {"fairlead.dev/loadBalancerIPs": "192.0.2.107"}}, "spec": {
                "type": "LoadBalancer", "loadBalancerClass": "fairlead.dev/vip", "allocateLoadBalancerNodePorts": False,
                "ports": [{"name": f"p{n}", "port": n, "protocol": "TCP"} for n in range(1, count + 1)]}})

    def accepted():
        conditions = world.get(path)["status"].get("conditions", [])
        return [(c["status"], c["reason"]) for c in conditions if c["type"] == "Accepted"]
    ask(1500)
    told = until(lambda: accepted() == [("False", "InvalidSpec")])
    verdicts.add("FC-09: a Service with 1500 ports: Accepted=False, InvalidSpec, told by an Event, too", bool(told)
                 and bool(until(lambda: world.events("NotAccepted", "InvalidSpec: spec.ports"))), str(world.get(path)["status"]))
    ask(1)
    healed = until(lambda: accepted() == [("True", "Accepted")] and world.group_of("192.0.2.107"))
    verdicts.add("FC-09: it is taken up as soon as it changes", bool(healed), str(world.get(path)["status"]))
    world.delete(path)
    verdicts.add("FC-09: and it goes again", bool(let_go(world, ["huge"])))


def undone(verdicts, world, controller):
    """FC-04: somebody who has the right to, and goes on putting his own into a RealServerSet of ours."""
    path, count = f"{OURS}/namespaces/default/realserversets/fought-v4-0", 0
    world.vip("fought", {"addresses": ["192.0.2.108"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]})
    until(lambda: world.get(path))

    def scheduler():
        return world.get(path)["spec"]["virtualServers"][0]["scheduler"]

    def undo():
        nonlocal count
        there = world.get(path)["spec"]
        if there["virtualServers"][0]["scheduler"] != "rr":
            servers = [{**server, "scheduler": "rr"} for server in there["virtualServers"]]
            world.apply(path, {"apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet",
                               "metadata": {"name": "fought-v4-0", "namespace": "default"},
                               "spec": {**there, "virtualServers": servers}}, "somebody")
            count += 1
        return world.condition("fought", "Degraded")["reason"] == "ForeignStatusWriter"
    total = controller.metric("fairlead_controller_foreign_writes_total")
    told = until(undo, 40)
    message = world.condition("fought", "Degraded")["message"]
    verdicts.add("FC-04: who undoes what we write again and again is told of, with the object", bool(told) and "default/fought-v4-0" in message,
                 f"{count} times: {message}")
    named = until(lambda: '"somebody" undoes' in world.condition("fought", "Degraded")["message"], 20)
    verdicts.add("FC-04: and by the name of his field manager", bool(named) and "controller.fought_over" in controller.log()
                 and bool(world.events("ForeignStatusWriter", '"somebody" undoes')), world.condition("fought", "Degraded")["message"])
    verdicts.add("FC-04: and counted", controller.metric("fairlead_controller_foreign_writes_total") >= total + 5)
    event = until(lambda: world.events("ForeignStatusWriter", "default/fought-v4-0"))
    verdicts.add("FC-04: and an Event says so", bool(event))
    until(lambda: undo() and scheduler() == "rr")
    time.sleep(5)
    verdicts.add("FC-04: it is no war: for a minute what he wrote stays", scheduler() == "rr", scheduler())
    ours = until(lambda: scheduler() != "rr", 90)
    verdicts.add("FC-04: then ours is written again", bool(ours))
    verdicts.add("FC-04: and it goes like any other", bool(let_go(world, ["fought"])))


def foreign_writer(verdicts, world, controller):
    path = "/api/v1/namespaces/default/services/web/status"
    world.apply(path, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
                       "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9", "ipMode": "VIP"}]}}}, "somebody")
    counted = until(lambda: controller.metric("fairlead_controller_foreign_writes_total") >= 1)
    named = until(lambda: "somebody" in world.condition("web", "Degraded")["message"], 20)
    verdicts.add("the VirtualIP's condition names it (K-26)", named and world.condition("web", "Degraded")["reason"] == "ForeignStatusWriter",
                 str(world.condition("web", "Degraded")))
    time.sleep(2)
    total = controller.metric("fairlead_controller_foreign_writes_total")
    verdicts.add("another writer of the Service's status is counted and backed off from, not fought",
                 bool(counted) and total < 15, str(total))
    world.apply(path, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}},
                "somebody")
    ours = until(lambda: world.get("/api/v1/namespaces/default/services/web")["status"].get("loadBalancer", {}).get(
        "ingress") == [{"ip": "192.0.2.101", "ipMode": "Proxy"}], 40)
    verdicts.add("when it gives the field up, ours is there again", bool(ours))
    healthy = until(lambda: world.condition("web", "Degraded")["reason"] != "ForeignStatusWriter", 20)
    verdicts.add("and the condition goes", healthy, str(world.condition("web", "Degraded")))


def services(verdicts, world):
    path = "/api/v1/namespaces/default/services"

    def accepted(name):
        conditions = world.get(f"{path}/{name}").get("status", {}).get("conditions", [])
        return [(c["status"], c["reason"]) for c in conditions if c["type"] == "Accepted"]
    world.service("unread", {"fairlead.dev/quorum": "lots"})
    refused = until(lambda: accepted("unread"))
    verdicts.add("an annotation that cannot be read: condition and Event, and no VirtualIP", refused == [("False", "InvalidSpec")]
                 and bool(until(lambda: world.events("NotAccepted", "fairlead.dev/quorum"))) and not world.vip_of("unread"), str(refused))
    many = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "many", "namespace": "default"},
            "spec": {"type": "LoadBalancer", "loadBalancerClass": "fairlead.dev/vip", "allocateLoadBalancerNodePorts": False,
                     "ports": [{"name": f"p{n}", "port": n} for n in range(1, 1001)]}}
    world.apply(f"{path}/many", many)
    poisoned = until(lambda: accepted("many"))
    verdicts.add("a Service of 1000 ports: it alone is refused", poisoned == [("False", "InvalidSpec")]
                 and world.status_of("machines").get("state") == "Ready", str(poisoned))
    world.api.request("PATCH", f"{path}/unread", json.dumps({"spec": {"type": "ClusterIP", "loadBalancerClass": None}}),
                      "application/merge-patch+json")

    def traces():
        service = world.get(f"{path}/unread")
        return service.get("status", {}).get("conditions", []) + [
            m["manager"] for m in service["metadata"].get("managedFields", []) if m["manager"] == "fairlead-controller"]
    verdicts.add("of a Service that is ours no more nothing that we wrote is left", bool(until(lambda: not traces())), str(traces()))
    for name in ("unread", "many"):
        world.delete(f"{path}/{name}")
