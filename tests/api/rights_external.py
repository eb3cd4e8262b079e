"""For rights_test.py: externalIPs inside pools. Statuses of pools by hand here; rights_run.py has the controller's own."""
import json
import time

from rights_world import APPLY, JSON_PATCH, MERGE, OURS, STRATEGIC, object_of

SERVICES = "/api/v1/namespaces/default/services"
HELP = ("allowed are addresses outside of every AddressPool", "loadBalancerClass fairlead.dev/vip")


def service(name, ips, **more):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default", **more.pop("metadata", {})},
            "spec": {"ports": [{"port": 80}], **({"externalIPs": ips} if ips else {}), **more}}


class Services:
    """Requests as admin, who may do all that no policy refuses."""

    def __init__(self, api):
        self.api = api

    def send(self, method, path, body, kind="application/json"):
        return self.api.request(method, path, json.dumps(body), kind)

    def try_post(self, ips, **more):
        return self.send("POST", SERVICES + "?dryRun=All", service("tried", ips, **more))

    def post(self, name, ips):
        return self.send("POST", SERVICES, service(name, ips))

    def patch(self, name, body, kind=MERGE, query=""):
        return self.send("PATCH", f"{SERVICES}/{name}{query}", body, kind)

    def pool(self, name, cidrs):
        self.send("PATCH", f"{OURS}/addresspools/{name}?fieldManager=t", object_of(
            "AddressPool", name, spec={"addresses": ["192.0.2.96/28"]}), APPLY)
        if cidrs is not None:
            self.status(name, cidrs)

    def status(self, name, cidrs):
        self.send("PATCH", f"{OURS}/addresspools/{name}/status", {"status": {"cidrs": cidrs}}, MERGE)

    def drop_pool(self, name):
        self.api.request("DELETE", f"{OURS}/addresspools/{name}")

    def until_judged(self, address, refused=True):
        """The policy has its own watch of the pools. After a start, the API server looks every 30 s for a kind it does not know."""
        end = time.monotonic() + 60
        while (self.try_post([address])[0] == 403) != refused:
            if time.monotonic() > end:
                raise RuntimeError(f"{address} is {'not ' if refused else ''}refused: {self.pools()}")
            time.sleep(0.05)

    def pools(self):
        return {p["metadata"]["name"]: p.get("status", {}).get("cidrs") for p in self.api.request(
            "GET", OURS + "/addresspools")[1]["items"]}


def parameter_missing(judge, services):
    judge.allowed("without any pool every externalIP is allowed (parameterNotFoundAction)", services.try_post(["192.0.2.100"]))
    judge.allowed("a Service from before the pool", services.post("old", ["192.0.2.110", "198.51.100.1"]))
    services.pool("public", None)
    time.sleep(1)
    judge.allowed("a pool that has no status yet keeps nobody out", services.try_post(["192.0.2.100"]))
    services.status("public", ["192.0.2.96/28", "2001:db8:a::/120"])
    services.until_judged("192.0.2.100")


def inside(judge, services):
    judge.refused("an externalIP inside a pool, by POST", services.try_post(["192.0.2.100"]), *HELP, 'services "tried"',
                  "Service default/tried: spec.externalIPs: 192.0.2.100 is of AddressPool public")
    judge.refused("one among others is named", services.try_post(["198.51.100.7", "192.0.2.101"]), ": 192.0.2.101 is of", *HELP)
    judge.refused("an IPv6 address", services.try_post(["2001:db8:a::7"]), ": 2001:db8:a::7 is of AddressPool public")
    for address, refused in (("192.0.2.95", False), ("192.0.2.96", True), ("192.0.2.111", True), ("192.0.2.112", False)):
        answer = services.try_post([address])
        if refused:
            judge.refused(f"the edge of the pool: {address} is inside", answer, address)
        else:
            judge.allowed(f"the edge of the pool: {address} is outside", answer)
    judge.allowed("externalIPs outside of every pool", services.try_post(["198.51.100.7", "2001:db8:b::1"]))
    judge.allowed("a Service of our class asks for one of the pool", services.try_post(
        None, type="LoadBalancer", loadBalancerClass="fairlead.dev/vip",
        metadata={"annotations": {"fairlead.dev/loadBalancerIPs": "192.0.2.100"}}))
    judge.refused("but no externalIP beside it", services.try_post(["192.0.2.100"], type="LoadBalancer",
                                                                   loadBalancerClass="fairlead.dev/vip"), *HELP)
    services.pool("second", ["203.0.113.0/24"])
    services.until_judged("203.0.113.1")
    judge.refused("of two pools, the one that has it is named", services.try_post(["203.0.113.1"]), "is of AddressPool second")
    judge.refused("and the first is still looked at", services.try_post(["192.0.2.100"]), "is of AddressPool public")
    services.drop_pool("second")
    services.until_judged("203.0.113.1", False)
    judge.allowed("with the pool its addresses are free again", services.try_post(["203.0.113.1"]))


def ways(judge, services):
    """Every way to write a Service that is there."""
    judge.allowed("a Service without externalIPs", services.post("new", None))
    there = services.api.request("GET", f"{SERVICES}/new")[1]
    bad = {"spec": {"externalIPs": ["192.0.2.100"]}}
    for name, body, kind, query in (
            ("apply", service("new", ["192.0.2.100"]), APPLY, "?fieldManager=t&force=true"), ("merge patch", bad, MERGE, ""),
            ("strategic merge patch", bad, STRATEGIC, ""),
            ("JSON patch", [{"op": "add", "path": "/spec/externalIPs", "value": ["192.0.2.100"]}], JSON_PATCH, "")):
        judge.refused(f"added by {name}", services.patch("new", body, kind, query), "default/new", "192.0.2.100 is of AddressPool public", *HELP)
    there["spec"]["externalIPs"] = ["192.0.2.100"]
    judge.refused("added by PUT", services.send("PUT", f"{SERVICES}/new", there), "192.0.2.100 is of AddressPool public")
    judge.refused("made by apply", services.send("PATCH", f"{SERVICES}/made?fieldManager=t", service("made", ["192.0.2.100"]), APPLY),
                  "default/made", *HELP)
    judge.allowed("by way of the status nothing changes", services.send("PATCH", f"{SERVICES}/new/status", bad, MERGE))
    judge.verdicts.add("as is seen", "externalIPs" not in services.api.request("GET", f"{SERVICES}/new")[1]["spec"])


def older(judge, services):
    """What was there before the pool goes on."""
    judge.allowed("a label of a Service that has one from before", services.patch("old", {"metadata": {"labels": {"a": "b"}}}))
    judge.allowed("its ports", services.patch("old", {"spec": {"ports": [{"port": 81}]}}))
    judge.allowed("one outside besides it", services.patch("old", {"spec": {"externalIPs": ["192.0.2.110", "198.51.100.2"]}}))
    judge.refused("another inside besides it", services.patch("old", {"spec": {"externalIPs": ["192.0.2.110", "192.0.2.109"]}}),
                  ": 192.0.2.109 is of AddressPool public")
    judge.allowed("it goes", services.patch("old", {"spec": {"externalIPs": ["198.51.100.2"]}}))
    judge.refused("and does not come back", services.patch("old", {"spec": {"externalIPs": ["198.51.100.2", "192.0.2.110"]}}),
                  ": 192.0.2.110 is of AddressPool public")


def cannot_fail(judge, services):
    """With failurePolicy Ignore, what makes the policy fail is a way around it."""
    services.status("public", ["nonsense", "192.0.2.96/28"])
    services.until_judged("198.51.100.9", False)
    judge.refused("a CIDR in the status that is none hides no other", services.try_post(["198.51.100.1", "192.0.2.100"]),
                  ": 192.0.2.100 is of")
    most = [f"2001:db8:{n:x}::/48" for n in range(1997)] + ["192.0.2.96/28", "203.0.113.0/24"]
    services.status("public", most)
    services.until_judged("203.0.113.1")
    judge.refused("the last of 1999 CIDRs", services.try_post(["203.0.113.1"]), ": 203.0.113.1 is of")
    judge.refused("more comparisons than one request may cost", services.try_post(["198.51.100.1", "203.0.113.1"]),
                  "spec.externalIPs: 2 addresses, 0 before, are too many to compare with the 1999 CIDRs of AddressPool public",
                  "allowed are addresses * (CIDRs + 1) up to 2000, and 500 before")
    services.status("public", most * 8)
    services.until_judged("198.51.100.1")
    judge.refused("one address and a pool of more than 2000 CIDRs", services.try_post(["198.51.100.1"]), "with the 15992 CIDRs")
    judge.allowed("Services without externalIPs are no matter of it", services.try_post(None))
    services.status("public", ["192.0.2.96/28"])
    services.until_judged("203.0.113.1", False)
    many = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(1, 40001)]
    judge.refused("the last of 1000 externalIPs", services.try_post(many[:999] + ["192.0.2.100"]), "192.0.2.100 is of")
    begun = time.monotonic()
    judge.refused("the last of 40000", services.try_post(many[1:] + ["192.0.2.100"]), "40000 addresses, 0 before, are too many")
    judge.verdicts.add("which takes no time", time.monotonic() - begun < 10, f"{time.monotonic() - begun:.1f} s")
    judge.refused("so many inside that no message holds them", services.try_post([f"192.0.2.{n % 16 + 96}" for n in range(1000)]),
                  "spec.externalIPs has addresses of an AddressPool; allowed are addresses outside of every AddressPool")
    judge.allowed("500 that a Service has", services.post("many", many[:500]))
    judge.refused("and one inside that it adds", services.patch("many", {"spec": {"externalIPs": many[:999] + ["192.0.2.100"]}}),
                  ": 192.0.2.100 is of")
    judge.allowed("one more", services.patch("many", {"spec": {"externalIPs": many[:501]}}))
    judge.refused("more than are compared with those before", services.patch("many", {"spec": {"externalIPs": ["192.0.2.100"]}}),
                  "1 addresses, 501 before, are too many")
    judge.allowed("its labels can be changed all the same", services.patch("many", {"metadata": {"labels": {"a": "b"}}}))
    judge.allowed("and it may have none", services.patch("many", {"spec": {"externalIPs": None}}))


def spellings(judge, services):
    """On a server that takes them. kube-proxy reads each of these as 192.0.2.100."""
    for address in ("192.0.2.0100", "::ffff:192.0.2.100", "::ffff:c000:264"):
        judge.refused(f"{address}, which no CIDR contains", services.try_post([address]),
                      f": {address} cannot be compared with AddressPool public: allowed are IPv4 addresses without leading zeros")


def no_kind(judge, services, restart):
    """Last of all: the kind is gone with all pools. A server that never knew it cannot even set the policy up."""
    services.until_judged("192.0.2.100")
    services.api.kubectl("delete", "crd", "addresspools.fairlead.dev", "--wait=true")
    judge.allowed("with the kind AddressPool just gone, Services can be written", services.try_post(None))
    restart()
    judge.allowed("on a server that does not know the kind, too (failurePolicy)", services.try_post(None))
    judge.allowed("with externalIPs, too", services.try_post(["192.0.2.100"]))
