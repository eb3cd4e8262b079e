#!/usr/bin/python3
"""The controller with many Services beside a real API server: figures, no verdict but for what is lost.

controller.py [--services 1000,3000] [--endpoints 10] [--qps 50] [--changes 40] [--stream 1000]
              [--sink-qps 2000] [--seconds 30] [--json FILE]

For each number of Services, each of our class with that many endpoints, in an API server of their own:
cold      from exec to the first plan, with every kind listed; memory then, and its peak
writes    what that plan came to until nothing is left to write: number, time, rate; memory 40 s later
restart   the same again with all of it written: from exec to the first plan, and what it writes, which is to be nothing
churn     so many changes of endpoints a second: from the API server's answer to the change until its watch shows them in the
          RealServerSet, 50th and 99th percentile; and by the controller's own figures the time a change waits for its plan
stream    so many changes of endpoints a second from a recorded stream instead, and a sink in place of the API server for what is
          written of them: the time until the round that takes a change up begins, by the bounds of its histogram, and until the
          sink has the change
--changes 0 and --stream 0 leave these out. --qps is what the controller may send a second: 50 is its default, with which 10,000 Services
take a quarter of an hour; --sink-qps is the same where the sink is all that it writes to.
Needs what scripts/build builds, and root for nothing. $FAIRLEAD_CONTROLLER: another program to measure."""
import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
os.environ.setdefault("FAIRLEAD_BUILD", TREE + "/build/release")
sys.path[:0] = [TREE + "/tests/bench/controller", TREE + "/tests/api"]
import apiserver  # noqa: E402
import churn  # noqa: E402
import cluster  # noqa: E402
import stream  # noqa: E402
from controller_process import kubeconfig_of  # noqa: E402
from fake_api_server import Certificates  # noqa: E402
from measured import Measured  # noqa: E402

# From 1.34 on each cluster IP that the API server gives costs it a look at all that it gave before (0.1 s with 28,000), so that
# the fill alone would take an hour for 30,000. As 1.33 it can still be told to keep them in a bitmap. Watch lists, which 1.33 has
# off unless asked, are those of the version that it is.
FLAGS = "--emulated-version=1.33 --feature-gates=MultiCIDRServiceAllocator=false,WatchList=true"


def options():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--services", type=lambda text: [int(word) for word in text.split(",")], default=[1000, 3000])
    parser.add_argument("--endpoints", type=int, default=10)
    parser.add_argument("--qps", type=int, default=50)
    parser.add_argument("--changes", type=float, default=40)
    parser.add_argument("--stream", type=float, default=1000)
    parser.add_argument("--sink-qps", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--json")
    return parser.parse_args()


def started(folder, kubeconfig, qps, name):
    words = [] if qps == 50 else ["--kube-api-qps", str(qps), "--kube-api-burst", str(2 * qps)]
    return Measured(folder, kubeconfig, name, words)


def say(services, what, **figures):
    shown = "  ".join(f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}" for name, value in figures.items())
    print(f"{services:>6} {what:<8} {shown}", flush=True)
    return {what: figures}


def life(services, told):
    out = {}
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder, apiserver.api_server(FLAGS) as api:
        took = cluster.fill(api, services, told.endpoints)
        print(f"{services:>6} Services with {told.endpoints} endpoints each, made in {took:.0f} s", flush=True)
        token = cluster.account(api)
        kubeconfig = kubeconfig_of(api, folder, token)
        with contextlib.closing(started(folder, kubeconfig, told.qps, "cold")) as cold:
            out |= say(services, "cold", **cold.planned())
            out |= say(services, "writes", **cold.written(timeout=120 + services * 10 / told.qps * 3))
        with contextlib.closing(started(folder, kubeconfig, told.qps, "warm")) as warm:
            out |= say(services, "restart", **warm.planned(), **{f"then_{name}": value for name, value in warm.written(timeout=120).items()})
            if told.changes:
                out |= say(services, "churn", **churn.run(api, warm, services, told.endpoints, told.changes, told.seconds))
        if told.stream:
            out |= say(services, "stream", **streamed(api, folder, token, told))
    return out


def streamed(api, folder, token, told):
    certificates = Certificates(folder)
    certificates.make("good", "kube-apiserver", "IP:127.0.0.1")
    _, text = api.kubectl("config", "view", "--raw", "--minify", "-o", "json")
    with stream.Sink(certificates, json.loads(text)["clusters"][0]["cluster"]) as sink:
        with contextlib.closing(started(folder, sink.kubeconfig({"token": token}), told.sink_qps, "stream")) as controller:
            controller.planned()
            controller.written(timeout=120)
            return stream.run(api, sink, controller, told.endpoints, told.stream, told.seconds)


def main():
    told = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))  # so that what was started is stopped
    lives = {services: life(services, told) for services in told.services}
    few, many = told.services[0], told.services[-1]
    if few != many:
        print(f"for each Service, {many} to {few}: 1 is linear, {many / few:.0f} is quadratic")
        for part, name in (("cold", "seconds"), ("cold", "plan_ms"), ("writes", "seconds"), ("restart", "plan_ms"), ("restart", "then_settled_mib")):
            a, b = lives[few][part][name] / few, lives[many][part][name] / many
            print(f"  {part} {name}: {b / a if a else 0:.2f}")
    if told.json:
        with open(told.json, "w") as file:
            json.dump(lives, file, indent=1)
    lost = [services for services, each in lives.items() if each["restart"]["then_writes"] or any(each.get(part, {}).get("lost") for part in ("churn", "stream"))]
    sys.exit(f"something is written at a restart, or a change was lost, with {lost} Services" if lost else 0)


if __name__ == "__main__":
    main()
