"""For controller_test.py, docs/vrrp.md: what an operator may write of VRRPGroups, and the controller leaves alone. With the real
controller, whose applies are forced."""
import json

OURS = "/apis/fairlead.dev/v1alpha1"
VIP, POOL = "192.0.2.200", ["192.0.2.200/32"]
ADDED = {"trackInterfaces": [{"name": "uplink0", "weight": 0}], "foreignPeers": [{"address": "192.0.2.9", "minTTL": 255}],
         "excludedAddresses": [{"address": "192.0.2.201"}], "fenceLifetimeSeconds": 2, "strictV6FirstAddress": False}


def patch(world, name, spec):
    return world.api.kubectl("patch", "vrrpgroup", name, "--type", "merge", "-p", json.dumps({"spec": spec}))


def shared(verdicts, world, until, let_go):
    """A group of the controller's, to which somebody adds."""
    def spec():
        return world.group_of(VIP)["spec"]
    world.pool("edited", POOL, vrrp={"preemptDelaySeconds": 7})
    world.vip("edited", {"addresses": [VIP], "forwarding": "Delegate"})
    name = until(lambda: world.group_of(VIP))["metadata"]["name"]
    code, text = patch(world, name, ADDED)
    world.pool("edited", POOL, vrrp={"preemptDelaySeconds": 9})
    followed = until(lambda: spec()["preemptDelaySeconds"] == 9)
    lost = [field for field, value in ADDED.items() if field != "excludedAddresses" and spec().get(field) != value]
    excluded = [e["address"] for e in spec().get("excludedAddresses", [])]
    verdicts.add("what is added to a group of the controller's stays when it writes the group", code == 0 and followed and not lost and
                 excluded == ["192.0.2.201"], f"{text} {lost} {excluded}")
    patch(world, name, {"advertIntervalMs": 1000})
    verdicts.add("what the pool says is put back", until(lambda: spec()["advertIntervalMs"] == 250), str(spec()))
    patch(world, name, {field: None for field in ADDED})
    world.pool("edited", POOL, vrrp={"preemptDelaySeconds": 11})
    followed = until(lambda: spec()["preemptDelaySeconds"] == 11)
    left = [field for field in ("trackInterfaces", "foreignPeers", "excludedAddresses", "fenceLifetimeSeconds") if field in spec()]
    verdicts.add("what is taken away again stays away", followed and not left and spec()["strictV6FirstAddress"] is True, str(spec()))
    verdicts.add("and the group goes with its VirtualIP", let_go(world, ["edited"]) and until(lambda: not world.group_of(VIP)), "")
    world.delete(f"{OURS}/addresspools/edited")


def derived(verdicts, world, until, let_go):
    """The VirtualIP of a Service, and a label of its group: an apply of the controller's takes nothing away that it never set."""
    def settled(name):
        vip = world.vip_of(name)
        return vip["status"].get("observedGeneration") == vip["metadata"]["generation"] and vip
    world.pool("derived", ["192.0.2.210/32"])
    world.service("derived", {})
    group = until(lambda: world.group_of("192.0.2.210"))["metadata"]["name"]
    world.member(group, "node-a", "Master")
    until(lambda: settled("derived") and world.vip_of("derived")["status"]["state"] != "Pending")
    for spec in ({"sharingKey": "mine"}, {"addresses": ["192.0.2.211"]}, {"quorum": 3}, {"placement": {"preferredNodes": ["node-a"]}}):
        before = world.vip_of("derived")
        code, text = world.api.kubectl("patch", "vip", "derived", "--type", "merge", "-p", json.dumps({"spec": spec}))
        written = before["metadata"]["generation"] + 2  # the addition, and that it is put back
        back = until(lambda: (vip := settled("derived")) and vip["metadata"]["generation"] >= written and vip)
        verdicts.add(f"what is added to the VirtualIP of a Service is put back, and its status goes on: {', '.join(spec)}", code == 0 and back and
                     back["spec"] == before["spec"] and back["status"]["addresses"] == ["192.0.2.210"],
                     f"{text} {world.vip_of('derived')}")
    code, text = world.api.kubectl("label", "vrrpgroup", group, "node.fairlead.dev/nobody=")
    gone = until(lambda: "node.fairlead.dev/nobody" not in world.get(f"{OURS}/vrrpgroups/{group}")["metadata"]["labels"])
    verdicts.add("a label of a node that no group of it has goes", code == 0 and gone, text)
    world.delete("/api/v1/namespaces/default/services/derived")
    verdicts.add("and goes with its Service", let_go(world, ["derived"]), "")
    world.delete(f"{OURS}/addresspools/derived")


def own(verdicts, world, until):
    """A whole group: that of manifests/examples."""
    path = f"{OURS}/vrrpgroups/gateway"
    code, text = world.api.kubectl("apply", "-f", "manifests/examples/vrrpgroup.yaml")
    first = world.get(path)
    judged = until(lambda: {c["type"]: c["reason"] for c in world.get(path).get("status", {}).get("conditions", [])})
    verdicts.add("a group made by hand is judged, not changed", code == 0 and judged and judged.get("Programmed") == "WaitingForNodes" and
                 world.get(path)["metadata"]["generation"] == first["metadata"]["generation"] and
                 world.get(path)["metadata"]["labels"] == first["metadata"]["labels"], f"{text} {judged}")
    patch(world, "gateway", {"excludedAddresses": [{"address": "192.0.2.11"}]})
    for address, how in (("192.0.2.10", "made by hand"), ("192.0.2.11", "in excludedAddresses of VRRPGroup gateway")):
        refused(verdicts, world, until, address, how)
    patch(world, "gateway", {"trackQuorum": {"weight": 5}})
    row = until(lambda: [r for r in (world.api.kubectl("get", "vrrpgroup", "gateway")[1]).splitlines() if "Rejected" in r and "False" in r])
    judged = [c for c in world.get(path)["status"]["conditions"] if c["type"] == "Accepted"]
    verdicts.add("with a field that is not built yet kubectl get shows it Rejected and not accepted, and the condition the field",
                 row and judged[0]["reason"] == "NotYetSupported" and "spec.trackQuorum" in judged[0]["message"],
                 world.api.kubectl("get", "vrrpgroup")[1] + str(judged))
    world.delete(path)


def refused(verdicts, world, until, address, how):
    """A VirtualIP that asks for an address of that group."""
    world.pool("taken", [address + "/32"])
    world.vip("taken", {"addresses": [address], "forwarding": "Delegate"})
    until(lambda: world.condition("taken", "Allocated")["status"])
    said = world.condition("taken", "Allocated")
    verdicts.add(f"a VirtualIP does not get its address: {how}", said["reason"] == "AddressInUse" and how in said["message"], str(said))
    world.delete(f"{OURS}/namespaces/default/virtualips/taken")
    until(lambda: not world.vip_of("taken"))
    world.delete(f"{OURS}/addresspools/taken")
