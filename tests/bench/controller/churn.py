"""For controller.py: endpoints that come and go, and how long until the RealServerSet has them."""
import json
import threading
import time
import urllib.request

import cluster
from controller_world import OURS
from measured import PLANS, percentile

WAITS = "fairlead_workqueue_wait_seconds"
LAST = 30.0  # seconds for what is left when the changes have ended


class Watch(threading.Thread):
    """When the API server's watch of RealServerSets showed an address first."""

    def __init__(self, api, begin):
        super().__init__(daemon=True)
        self.seen, self.done, self._url = {}, False, f"{api._base}{OURS}/realserversets?watch=true&resourceVersion={begin}&timeoutSeconds=3000"
        self._answer = urllib.request.urlopen(self._url, timeout=3600)
        self.start()

    def run(self):
        try:
            for line in self._answer:
                now, spec = time.monotonic(), json.loads(line)["object"].get("spec", {})
                for server in spec.get("virtualServers", []):
                    for real in server.get("reals", []):
                        self.seen.setdefault(real["address"], now)
        except (OSError, ValueError) as error:
            if not self.done:
                raise RuntimeError("the watch of the bench broke, its figures are void") from error


def run(api, controller, services, endpoints, per_second, seconds):
    http_of = cluster.Http(api)
    begin = json.loads(urllib.request.urlopen(f"{api._base}{OURS}/realserversets?limit=1", timeout=60).read())["metadata"]["resourceVersion"]
    watch, said, late = Watch(api, begin), {}, 0.0
    kinds = [f'{PLANS}_{what}{{kind="{kind}"}}' for kind in ("all", "endpoints") for what in ("sum", "count")]
    before = {name: controller.metric(name) for name in (*kinds, WAITS + "_sum", WAITS + "_count")}
    processor, begun = controller.processor(), time.monotonic()
    for number in range(int(per_second * seconds)):
        due = begun + number / per_second
        time.sleep(max(0.0, due - time.monotonic()))
        late = max(late, time.monotonic() - due)
        of, new = number * 7919 % services, f"172.{16 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"
        addresses = [cluster.address_of(of, at) for at in range(endpoints - 1)] + [new]
        status, answer = http_of.ask("PATCH", f"{cluster.SLICES}/{cluster.name_of(of)}-x", {
            "endpoints": cluster.slice_of(of, addresses)["endpoints"]}, "application/merge-patch+json")
        if status != 200:
            raise RuntimeError(f"a change: {status} {answer.get('message')}")
        said[new] = (of, time.monotonic())
    took = time.monotonic() - begun
    newest = {of: new for new, (of, _) in said.items()}  # one that was replaced soon need not be seen
    end = time.monotonic() + LAST
    while time.monotonic() < end and any(new not in watch.seen for new in newest.values()):
        time.sleep(0.1)
    watch.done = True  # it ends with its API server
    rise = {name: controller.metric(name) - value for name, value in before.items()}
    waits = [1000 * (watch.seen[new] - at) for new, (_, at) in said.items() if new in watch.seen]
    return {"changes": len(said), "a_second": len(said) / took, "lost": sum(1 for new in newest.values() if new not in watch.seen),
            "p50_ms": percentile(waits, 0.5), "p99_ms": percentile(waits, 0.99), "worst_ms": max(waits, default=float("nan")),
            "plans": int(rise[kinds[1]]), "plan_ms": 1000 * rise[kinds[0]] / max(1, rise[kinds[1]]),
            "endpoint_plans": int(rise[kinds[3]]), "endpoint_plan_ms": 1000 * rise[kinds[2]] / max(1, rise[kinds[3]]),
            "oldest_waits_ms": 1000 * rise[WAITS + "_sum"] / max(1, rise[WAITS + "_count"]),
            "processor_part": (controller.processor() - processor) / took, "driver_late_ms": 1000 * late}
