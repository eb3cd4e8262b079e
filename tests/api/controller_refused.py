"""For controller_faults_test.py: the API server refuses. It answers 500 and 429 for a while (FC-12), takes a right away, ends a
namespace, has a quota (FC-18), knows another version of our kinds (FC-07)."""
import json
import os
import re
import time

from controller_world import APPLY, OURS, rules_without
from fault_proxy import refuse, writes
from patience import until

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
RETRIES = 'fairlead_workqueue_retries_total{queue="rounds"}'
OUTAGE = 180 if os.environ.get("FAIRLEAD_LONG") else 20  # seconds


def writes_fail(stage):
    """FC-12: writes fail, reads work. What is told to come back in 1 s does; what is told nothing waits ever longer (K-24)."""
    refusals = ((500, "InternalError", {}, 60 + OUTAGE / 5), (429, "TooManyRequests", {"Retry_After": "1"}, 3 * OUTAGE))
    for number, (code, reason, headers, most) in enumerate(refusals, 80):
        asked = []

        def counted(request, seen=asked):
            if writes(request):
                seen.append(request.path)
            return writes(request)
        before, name = stage.world.group_of("192.0.2.79"), f"fc12-{code}"
        stage.proxy.faults = [refuse(counted, code, reason, **headers)]
        stage.vip(name, number)
        time.sleep(OUTAGE)
        print(f"{len(asked)} tries of writes in {OUTAGE} s of {code}", flush=True)
        stage.check(f"FC-12: {code} to every write: it lives, is ready, and does not spin", stage.well() and stage.ready(1) and 1 < len(asked) < most,
                    f"{len(asked)} {stage.log()}")
        stage.check(f"FC-12: {code}: what was served stays as it is", stage.world.group_of("192.0.2.79") == before
                    and not stage.world.group_of(f"192.0.2.{number}"))
        said = stage.controller.log().count(f'controller.write_failed object=virtualips/default/{name}')
        stage.check(f"FC-12: {code}: said once", said == 1, f"{said} {stage.log()}")
        again = stage.controller.metric(RETRIES)
        stage.check(f"K-42: {code}: the writes tried again are counted", again > 1, again)
        stage.proxy.faults = []
        stage.check(f"FC-12: {code} is over: it catches up", until(lambda n=name: stage.serves("steady", n), 60), stage.log())
        over = f"controller.write_accepted object=virtualips/default/{name}\n"
        said = until(lambda line=over: stage.controller.log().count(line), 30)  # when the last of its writes has been taken
        stage.check(f"FC-12: {code}: and that is said once, too", said and stage.controller.log().count(over) == 1, f"{said} {stage.log()}")
        stage.remove(name)


def nothing_written(stage):
    """A good status without the object: whoever gives it is no API server, and nothing has been written."""
    stage.proxy.faults = [refuse(writes, 200, "")]
    stage.vip("unwritten", 88)
    said = until(lambda: re.search(r"controller.write_failed object=virtualips/default/unwritten why=.200 without the object", stage.log()), 20)
    stage.check("a good answer without the object is no write: a line, and it lives", said and stage.well(), stage.log())
    stage.proxy.faults = []
    stage.check("and it is made once somebody writes", until(lambda: stage.serves("steady", "unwritten"), 60), stage.log())
    stage.remove("unwritten")


def _degraded(vip):
    """Reason and message of its condition Degraded."""
    found = [c for c in (vip or {}).get("status", {}).get("conditions", []) if c["type"] == "Degraded"]
    return (found[0]["reason"], found[0]["message"]) if found else ("", "")


def right_revoked(stage):
    """FC-18: RBAC. What may still be done is done."""
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/fairlead-controller"
    rules = stage.world.get(path)["rules"]

    def allow(wanted):
        stage.world.api.request("PATCH", path, json.dumps({"rules": wanted}), "application/merge-patch+json")
    fewer = rules_without(rules_without(rules, "vrrpgroups"), "addresspools/status")
    allow([*fewer, {"apiGroups": ["fairlead.dev"], "resources": ["vrrpgroups"], "verbs": ["get", "list", "watch"]}])
    stage.vip("forbidden", 87)
    said = until(lambda: re.search(r"controller.write_failed object=vrrpgroups/\S+ why=.403 ", stage.controller.log()), 20)
    failed = stage.controller.metric('fairlead_controller_reconcile_total{kind="vrrpgroups",result="failed"}')
    stage.check("FC-18: without the right to write groups: a line with 403, a metric, and it lives", said and failed >= 1 and stage.well(), stage.log())
    told = until(lambda: stage.world.condition("forbidden", "Programmed")["status"] == "False", 20)
    stage.check("FC-18: the VirtualIP's condition says that it is not programmed", told, stage.world.status_of("forbidden"))

    def denied():
        reason, message = _degraded(stage.world.vip_of("forbidden"))
        return reason == "WriteRefused" and "refuses what we write of VRRPGroup" in message and ": 403 " in message
    stage.check("FC-18: and its condition Degraded that the API server refuses the group, in its words", until(denied, 20),
                stage.world.status_of("forbidden"))
    until(lambda: stage.world.events("WriteRefused", "VRRPGroup"), 20)
    events = stage.world.events("WriteRefused", "VRRPGroup")
    stage.check("FC-18: so does one Event", len(events) == 1, events)
    of_status = until(lambda: stage.world.events("WriteRefused", "its status"), 20)
    stage.check("FC-18: of a pool's status that is refused an Event tells alone", of_status and len(of_status) == 1 and "addresspools" in of_status[0],
                of_status)
    stage.check("FC-18: what was served is served", stage.serves("steady"), stage.left())
    allow(rules)
    stage.check("FC-18: with the right given back it is served", until(lambda: stage.serves("forbidden"), 60), stage.log())
    healthy = until(lambda: _degraded(stage.world.vip_of("forbidden"))[0] == "Healthy", 20)
    stage.check("FC-18: and nothing of the refusal stays", healthy and len(stage.world.events("WriteRefused", "VRRPGroup")) == 1,
                stage.world.status_of("forbidden"))
    stage.remove("forbidden")


def namespace_ends(stage):
    """FC-18: nothing can be made in it any more; what is there goes, the finalizer too."""
    world, events = stage.world, []

    def in_doomed(asked):
        if asked.command == "POST" and "/namespaces/doomed/events" in asked.path:
            events.append(json.loads(asked.body)["reason"])
        return False
    stage.proxy.faults = [in_doomed]
    stage.api.kubectl("create", "namespace", "doomed")
    spec = {"addresses": ["192.0.2.82"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]}
    world.ours("VirtualIP", "virtualips", "last", spec, "doomed")

    def vip():
        return world.get(f"{OURS}/namespaces/doomed/virtualips/last")

    def ready():
        stage.nodes_report()
        return (vip() or {}).get("status", {}).get("state") == "Ready"
    until(ready)
    stage.api.kubectl("delete", "namespace", "doomed", "--wait=false")

    def gone():
        stage.nodes_report()
        return world.get("/api/v1/namespaces/doomed") is None
    stage.check("FC-18: a namespace that ends takes its VirtualIP along, finalizer and all", until(gone, 60) and not world.group_of("192.0.2.82"),
                f"{vip()} {stage.log()}")
    time.sleep(12)  # an Event is tried again after 10 s
    stage.check("FC-18: an Event that finds no namespace is not tried again", events.count("IPReleased") == 1, events)
    stage.proxy.faults = []


def quota(stage):
    """FC-18: an object that no quota leaves room for holds up nobody else."""
    path = "/api/v1/namespaces/tight/resourcequotas/none"
    stage.api.kubectl("create", "namespace", "tight")
    hard = {"count/realserversets.fairlead.dev": "0"}
    body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": "tight"}, "spec": {"hard": hard}}
    stage.world.apply(path, body)
    stage.world.api.request("PATCH", path + "/status", json.dumps({"status": {"hard": hard, "used": {"count/realserversets.fairlead.dev": "0"}}}),
                            "application/merge-patch+json")
    spec = {"addresses": ["192.0.2.83"], "ports": [{"port": 80}], "servers": [{"address": "192.0.2.21"}]}
    stage.world.ours("VirtualIP", "virtualips", "large", spec, "tight")
    said = until(lambda: "exceeded quota" in stage.controller.log(), 20)
    large = f"{OURS}/namespaces/tight/virtualips/large"

    def denied():
        reason, message = _degraded(stage.world.get(large))
        return reason == "WriteRefused" and "RealServerSet tight/large-v4-0" in message and "exceeded quota" in message
    stage.check("FC-18: the VirtualIP says what the quota refuses", until(denied, 20), stage.world.get(large))
    time.sleep(15)
    tried = stage.controller.metric(RETRIES)
    until(lambda: stage.controller.metric(RETRIES) > tried, 40)  # the next try is more than 8 s away
    stage.vip("small", 84)
    stage.check("FC-18: a quota is met: the line says which, and another VirtualIP is served, not only when that is tried again (K-24)",
                said and until(lambda: stage.serves("small"), 6), stage.log())
    stage.api.kubectl("delete", "-n", "tight", "resourcequota", "none")
    stage.check("FC-18: with the quota gone it is made", until(
        lambda: stage.world.get(f"{OURS}/namespaces/tight/realserversets/large-v4-0"), 45), stage.log())
    stage.check("FC-18: and says no more that it is refused", until(lambda: _degraded(stage.world.get(large))[0] != "WriteRefused", 20),
                stage.world.get(large))
    stage.world.delete(large)
    stage.remove("small")
    stage.check("FC-18: and both go", until(lambda: stage.nodes_report() or not stage.world.get(large)), stage.left())


def _schema(crd):
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]


def other_versions(stage):
    """FC-07: a kind newer than the controller, whose fields it does not know, and one older, which lacks one that it writes."""
    path = f"{CRDS}/virtualips.fairlead.dev"

    def put(change):
        crd = stage.world.get(path)
        crd["metadata"].pop("managedFields")
        change(_schema(crd))
        code, answer = stage.world.api.request("PUT", path, json.dumps(crd), "application/json")
        if code != 200:
            raise RuntimeError(f"CRD: {code} {answer.get('message')}")
    put(lambda schema: (schema["spec"]["properties"].update(future={"type": "string"}), schema["status"]["properties"].update(future={"type": "string"})))

    def taken():
        body = {"apiVersion": "fairlead.dev/v1alpha1", "kind": "VirtualIP", "metadata": {"name": "newer", "namespace": "default"},
                "spec": {"addresses": ["192.0.2.85"], "forwarding": "Delegate", "future": "unknown to us"}}
        code, answer = stage.world.api.request("PATCH", f"{OURS}/namespaces/default/virtualips/newer?fieldManager=test&force=true", json.dumps(body), APPLY)
        return code < 300 and answer["spec"].get("future")
    until(taken)
    until(lambda: stage.world.status_of("newer").get("state"))
    stage.world.api.request("PATCH", f"{OURS}/namespaces/default/virtualips/newer/status", json.dumps({"status": {"future": "of another"}}),
                            "application/merge-patch+json")

    def served():
        stage.nodes_report()
        return stage.world.status_of("newer").get("state") == "Ready"
    until(served)
    vip = stage.world.vip_of("newer")
    stage.check("FC-07: fields of a newer kind survive our writes, of spec and of status", vip["metadata"].get("finalizers") and
                vip["spec"].get("future") == "unknown to us" and vip["status"].get("future") == "of another" and vip["status"]["state"] == "Ready", vip)
    stage.remove("newer")
    kept = {}
    put(lambda schema: (kept.update(groups=schema["status"]["properties"].pop("groups")), schema["spec"]["properties"].pop("future"),
                        schema["status"]["properties"].pop("future")))
    stage.vip("older", 86)
    said = until(lambda: "controller.write_failed object=virtualips/default/older" in stage.controller.log(), 20)
    has_group = until(lambda: stage.world.group_of("192.0.2.86"))
    stage.check("FC-07: a kind that lacks a field we write: it is said, the address has its group all the same, and it lives",
                said and has_group and stage.well(), stage.log())
    told = until(lambda: stage.world.events("WriteRefused", "(default/older;"), 20)
    stage.check("FC-07: and told by an Event, though the API server answers with 500",
                told and "of its status: 500 " in told[0] and "field not declared in schema" in told[0], told or stage.log())
    put(lambda schema: schema["status"]["properties"].update(kept))
    stage.check("FC-07: with the kind as it should be, the status comes", until(lambda: stage.serves("older"), 60), stage.log())
    stage.remove("older")


PARTS = (writes_fail, nothing_written, right_revoked, namespace_ends, quota, other_versions)
