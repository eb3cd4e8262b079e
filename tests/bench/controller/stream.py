"""For controller.py: a recorded stream of EndpointSlice events, faster than an API server gives them, and a sink for what the
controller writes of it. The real API server stands behind; from when the stream begins, writes of RealServerSets do not reach it,
but are counted and come back in the watch as if they had."""
import json
import random
import re
import threading
import time

import cluster
from controller_world import OURS
from fake_api_server import event
from fault_proxy import FaultProxy
from measured import PLANS, percentile

WAITS = "fairlead_workqueue_wait_seconds"
BATCH = 0.01  # seconds between two writes of the recorded stream
SETTLES = 30.0  # seconds for what is left when the stream has ended, and
SLOWEST = 100  # this many writes a second: the sink, in Python beside everything else, takes some 300
KINDS = {"endpointslices": "slices", "realserversets": "sets"}


class Sink(FaultProxy):
    """Passes everything on until begin()."""

    def __init__(self, certificates, cluster_of_admin):
        super().__init__(certificates, cluster_of_admin)
        self._streams, self._writing = {}, threading.Lock()  # kind -> the watch that is open
        self._version, self.taken, self.seen = None, 0, {}
        self.faults = [self._watch, self._swallow]

    def begin(self, version):
        self._version = version

    def _watch(self, asked):
        kind = next((KINDS[each] for each in KINDS if re.search(f"/{each}(\\?|$)", asked.path)), None)
        if kind is None or not asked.watches:
            return False
        plain = asked.part

        def one_at_a_time(data):
            with self._writing:
                plain(data)
        asked.part = one_at_a_time
        self._streams[kind] = asked
        self.pass_on(asked)
        return True

    def send(self, kind, lines):
        self._streams[kind].part(lines)

    def next_version(self):
        with self.lock:
            self._version += 1
            return str(self._version)

    def _swallow(self, asked):
        if self._version is None or asked.command != "PATCH" or "/realserversets/" not in asked.path:
            return False
        now, applied = time.monotonic(), json.loads(asked.body)
        self.taken += 1
        for server in applied["spec"]["virtualServers"]:
            for real in server["reals"]:
                self.seen.setdefault(real["address"], now)
        there = self.objects[applied["metadata"]["name"]]
        there["spec"] = applied["spec"]
        there["metadata"]["resourceVersion"] = self.next_version()
        asked.answer(200, there)
        self.send("sets", event("MODIFIED", there))
        return True


def recorded(sink, slices, endpoints, count):
    """(address that is new, line) of so many changes, each of a Service drawn with a fixed seed."""
    drawn, names = random.Random(7), list(slices)
    for number in range(count):
        of = drawn.randrange(len(names))
        new = f"172.{16 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"
        one = slices[names[of]]
        one["endpoints"] = cluster.slice_of(of, [cluster.address_of(of, at) for at in range(endpoints - 1)] + [new])["endpoints"]
        one["metadata"]["resourceVersion"] = sink.next_version()
        yield new, of, event("MODIFIED", one)


def all_of(api, path):
    status, answer = api.request("GET", path)
    if status != 200:
        raise RuntimeError(f"{path}: {status} {answer.get('message')}")
    kind = answer["kind"].removesuffix("List")
    return int(answer["metadata"]["resourceVersion"]), {
        each["metadata"]["name"]: {"kind": kind, "apiVersion": answer["apiVersion"], **each} for each in answer["items"]}


def quantile(before, after, part):
    """Of a histogram in text form, in ms: the upper bound of the bucket that has it."""
    rise = {bound: after[bound] - before.get(bound, 0) for bound in after}
    whole = rise[float("inf")]
    return 1000 * min((bound for bound, count in rise.items() if count >= part * whole), default=float("nan"))


def buckets(controller, name):
    lines = controller.get(controller.metrics, "/metrics")[1].splitlines()
    found = [re.match(re.escape(name) + r'_bucket\{.*le="([^"]+)"\} (\S+)', line) for line in lines]
    return {float(each[1].replace("+Inf", "inf")): float(each[2]) for each in found if each}


def run(api, sink, controller, endpoints, per_second, seconds):
    """sink: that which the controller has for its API server."""
    version, sink.objects = all_of(api, OURS + "/realserversets")
    newer, slices = all_of(api, cluster.SLICES.replace("/namespaces/default", ""))
    slices = {name: each for name, each in slices.items() if name.startswith("web-")}
    sink.begin(max(version, newer) + 1000)
    changes = list(recorded(sink, slices, endpoints, int(per_second * seconds)))
    kinds = [f'{PLANS}_{what}{{kind="{kind}"}}' for kind in ("all", "endpoints") for what in ("sum", "count")]
    before = {name: controller.metric(name) for name in (*kinds, WAITS + "_sum", WAITS + "_count")}
    waited, processor, begun, said, at, late = buckets(controller, WAITS), controller.processor(), time.monotonic(), {}, 0, 0.0
    while at < len(changes):
        now = time.monotonic() - begun
        due = min(len(changes), int(now * per_second) + 1)
        if due > at:
            late = max(late, now - at / per_second)
            sink.send("slices", b"".join(line for _, _, line in changes[at:due]))
            said.update({new: (of, time.monotonic()) for new, of, _ in changes[at:due]})
            at = due
        time.sleep(BATCH)
    took = time.monotonic() - begun
    spent = controller.processor() - processor
    newest = {of: new for new, (of, _) in said.items()}
    ended = time.monotonic()
    while time.monotonic() < ended + SETTLES + len(newest) / SLOWEST and any(new not in sink.seen for new in newest.values()):
        time.sleep(0.1)
    settled = time.monotonic() - ended
    rise = {name: controller.metric(name) - value for name, value in before.items()}
    after = buckets(controller, WAITS)
    seen = [1000 * (sink.seen[new] - then) for new, (_, then) in said.items() if new in sink.seen]
    return {"events": len(said), "a_second": len(said) / took, "settled_s": settled, "lost": sum(1 for new in newest.values() if new not in sink.seen),
            "to_plan_p50_below_ms": quantile(waited, after, 0.5), "to_plan_p99_below_ms": quantile(waited, after, 0.99),
            "to_plan_mean_ms": 1000 * rise[WAITS + "_sum"] / max(1, rise[WAITS + "_count"]),
            "to_sink_p50_ms": percentile(seen, 0.5), "to_sink_p99_ms": percentile(seen, 0.99), "writes": sink.taken,
            "plans": int(rise[kinds[1]]), "plan_ms": 1000 * rise[kinds[0]] / max(1, rise[kinds[1]]),
            "endpoint_plans": int(rise[kinds[3]]), "endpoint_plan_ms": 1000 * rise[kinds[2]] / max(1, rise[kinds[3]]),
            "processor_part": spent / took, "driver_late_ms": 1000 * late}
