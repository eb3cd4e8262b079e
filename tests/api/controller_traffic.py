"""For controller_test.py: what a Service says of its traffic, through the real schema and its defaults and back."""
import json
import time

from controller_world import OURS, let_go, settle
from patience import until

SERVICE = "/api/v1/namespaces/default/services/sticky"


def virtual_server(world):
    there = world.get(f"{OURS}/namespaces/default/realserversets/sticky-v4-0")
    return there["spec"]["virtualServers"][0] if there else {}


def patch(world, spec):
    world.api.request("PATCH", SERVICE, json.dumps({"spec": spec}), "application/merge-patch+json")


def traffic(verdicts, world):
    world.service("sticky", {"fairlead.dev/scheduler": "mh", "fairlead.dev/scheduler-flags": "mh-port",
                             "fairlead.dev/connection-limits": "100,50", "fairlead.dev/drain-seconds": "10"})
    patch(world, {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
                  "loadBalancerSourceRanges": ["198.51.100.0/24", "10.0.0.0/8"]})
    until(lambda: "persistence" in virtual_server(world))
    found = virtual_server(world)
    verdicts.add("affinity, flags, limits, source ranges and drain of a Service are in its RealServerSet",
                 [found.get(field) for field in ("persistence", "schedulerFlags", "connectionLimits", "sourceRanges", "drainSeconds")] ==
                 [{"timeoutSeconds": 60}, ["mh-port"], {"upper": 100, "lower": 50}, ["198.51.100.0/24", "10.0.0.0/8"], 10], str(found))
    settle(world)
    before = world.versions()
    time.sleep(3)
    verdicts.add("and as the API server keeps them they are what was written: nothing is written again (K-29)",
                 world.versions() == before, str(found))
    patch(world, {"sessionAffinity": "None", "sessionAffinityConfig": None, "loadBalancerSourceRanges": None})
    gone = until(lambda: not any(field in there for field in ("persistence", "sourceRanges")
                                 for there in (virtual_server(world), world.vip_of("sticky")["spec"])))
    verdicts.add("affinity and source ranges taken back: VirtualIP and RealServerSet have none, the rest stays",
                 bool(gone) and virtual_server(world).get("schedulerFlags") == ["mh-port"], str(virtual_server(world)))
    world.delete(SERVICE)
    verdicts.add("the Service gone, so is its VirtualIP", bool(let_go(world, ["sticky"])), str(world.vip_of("sticky")))
