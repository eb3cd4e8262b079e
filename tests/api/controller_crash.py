"""For controller_faults_test.py, FC-01: the controller is killed after every write, in the moment the API server has made it and
before the answer arrives. Whatever prefix of its writes there is, the next one goes on from it."""
import json
import threading
import time

from fault_proxy import writes
from patience import until

MOST_LIVES = 60


class Lives:
    """The fault: one write for each life. Events are not counted, they come on the side."""

    def __init__(self, stage):
        self.stage, self.lock, self.made, self.process = stage, threading.Lock(), [], None

    def __call__(self, asked):
        if not writes(asked) or "/events" in asked.path:
            return False
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self.stage.proxy.cut(asked)
                return True
            code, text = self.stage.proxy.text(asked)
            if code >= 300:
                asked.answer(code, json.loads(text))
                return True
            self.made.append(f"{asked.command} {asked.path.split('?')[0].rsplit('v1alpha1/')[-1]}")
            self.process.kill()
            self.process.wait()
            self.stage.proxy.cut(asked)
        return True

    def through(self, done):
        """Life after life, until one writes nothing and `done()` is true. How many there were; None if it does not end."""
        for life in range(1, MOST_LIVES):
            with self.lock:
                self.process = self.stage.start().process
            self.stage.ready()
            begun = time.monotonic()
            settled = begun + 3  # a round takes a fraction of this
            while self.process.poll() is None and time.monotonic() < min(settled, begun + 25):
                if not done():
                    settled = max(settled, time.monotonic() + 1.5)
                time.sleep(0.1)
            alive = self.process.poll() is None
            if alive:
                self.stage.stop()
            if alive and done():
                return life
        return None


def everywhere(stage):
    """A Service and two VirtualIPs from nothing to served, and back to nothing."""
    world, lives = stage.world, Lives(stage)
    names = ("one", "two", "web")
    stage.proxy.faults = [lives]
    stage.vip("one", 70)
    stage.vip("two", 71)
    world.service("web", {"fairlead.dev/loadBalancerIPs": "192.0.2.72"})
    world.slice("web", [("10.1.0.1", {"ready": True})])

    def ingress():
        return world.get("/api/v1/namespaces/default/services/web")["status"].get("loadBalancer", {}).get("ingress")

    def served():
        return stage.serves(*names) and ingress() == [{"ip": "192.0.2.72", "ipMode": "Proxy"}]
    count = lives.through(served)
    print(f"killed after each of {len(lives.made)} writes: {lives.made}", flush=True)
    stage.check("FC-01: killed after every write, all is served in the end", count and served(), (stage.left(), lives.made))
    stage.check("FC-01: that is a whole set of writes, each made by a life of its own", count and len(lives.made) >= 10 and any(
        "services/web/status" in made for made in lives.made), lives.made)
    made = len(lives.made)
    for name in ("one", "two"):
        world.delete(f"/apis/fairlead.dev/v1alpha1/namespaces/default/virtualips/{name}")
    world.delete("/api/v1/namespaces/default/services/web")

    def gone():
        stage.nodes_report()
        return not any(stage.left().values())
    count = lives.through(gone)
    print(f"and of {len(lives.made) - made}: {lives.made[made:]}", flush=True)
    stage.check("FC-01: killed after every write of the removal, nothing is left", count and gone(), (stage.left(), lives.made[made:]))
    used = until(lambda: (world.get("/apis/fairlead.dev/v1alpha1/addresspools/public")["status"].get("assignedIPv4", 0)) == 0, 5)
    stage.check("FC-01: and no address counts as used", used, world.get("/apis/fairlead.dev/v1alpha1/addresspools/public")["status"])
    stage.proxy.faults = []
