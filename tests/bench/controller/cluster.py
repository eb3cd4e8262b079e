"""For controller.py: a cluster with many Services in an API server."""
import concurrent.futures
import http.client
import json
import threading
import time
import urllib.parse

from controller_world import World

SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
WRITERS = 8


class Http:
    """Connections that are kept, one for each thread."""

    def __init__(self, api):
        self._where, self._own = urllib.parse.urlsplit(api._base).netloc, threading.local()

    def ask(self, method, path, body, kind="application/json"):
        """(HTTP status, answer)"""
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(self._where, timeout=60)
        self._own.connection.request(method, path, json.dumps(body), {"Content-Type": kind})
        answer = self._own.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def post(self, path, body):
        status, answer = self.ask("POST", path, body)
        if status != 201:
            raise RuntimeError(f"{path}: {status} {answer.get('message')}")


def name_of(number):
    return f"web-{number:05}"


def address_of(number, endpoint):
    """Of a Pod; no two Services share one."""
    at = number * 16 + endpoint
    return f"10.{128 + at // 65536}.{at // 256 % 256}.{at % 256}"


def slice_of(number, addresses):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": name_of(number) + "-x", "namespace": "default",
                         "labels": {"kubernetes.io/service-name": name_of(number)}},
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": [address], "nodeName": f"node-{at % 3}", "conditions": {"ready": True, "serving": True},
                           "targetRef": {"kind": "Pod", "namespace": "default", "name": f"{name_of(number)}-{at}"}}
                          for at, address in enumerate(addresses)]}


def fill(api, services, endpoints):
    """Three nodes, a pool, the Services and their EndpointSlices. How many seconds the latter took."""
    world, http_of = World(api), Http(api)
    for number in range(3):
        world.node(f"node-{number}", f"10.64.0.{number + 1}")
        world.ours("NodeReport", "nodereports", f"node-{number}", {
            "instance": f"node-{number}-1", "version": "test",
            "interfaces": [{"name": "eth0", "mtu": 1500, "up": True, "addresses": [f"10.64.0.{number + 1}/16"], "gateways": []}],
            "capabilities": {"ipvs": True, "nft": True, "schedulers": ["rr", "wlc"], "kernel": "test"}})
    world.pool("public", ["10.64.1.0-10.64.250.255"])

    def one(number):
        http_of.post("/api/v1/namespaces/default/services", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name_of(number)},
            "spec": {"type": "LoadBalancer", "loadBalancerClass": "fairlead.dev/vip", "allocateLoadBalancerNodePorts": False,
                     "selector": {"app": name_of(number)}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}})
        http_of.post(SLICES, slice_of(number, [address_of(number, at) for at in range(endpoints)]))
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(one, range(services)):
            pass
    return time.monotonic() - begun


def account(api):
    """The token of the controller's own account."""
    return api.kubectl("create", "token", "fairlead-controller", "-n", "fairlead-system", "--duration=6h")[1].strip()
