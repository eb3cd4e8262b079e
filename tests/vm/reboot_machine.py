"""For reboot_test.py, in the guest: what the machine node-a does when it comes up. /dev/vda is its disk; a client and a real server
are namespaces on it. It starts fairlead-node and says every half second what a client gets and what the daemon shows, a line of JSON
each. Arguments: the kubeconfig, the API server, and after how many lines with an answer in a row the machine shuts down (0: never)."""
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from forwarding_world import BUILD, CLIENT, REALS, VIP, connect, serve, sh, until  # noqa: E402

REAL = REALS[0]
DISK = "/disk"
NODE = BUILD + "/node/fairlead-node"


def disk():
    sh("modprobe -a virtio_blk ext4")
    if until(lambda: os.path.exists("/dev/vda"), 10) is None:
        raise RuntimeError("no /dev/vda")
    os.makedirs(DISK)
    sh(f"mount -t ext4 /dev/vda {DISK}")


def network():
    for name in (CLIENT, REAL):
        sh("ip netns add " + name)
        sh(f"ip -n {name} link set lo up")
    for own, address, namespace, other in (("vip0", "192.0.2.1/24", CLIENT, "192.0.2.9/24"), ("r1", "10.0.0.254/24", REAL, "10.0.0.1/24")):
        sh(f"ip link add {own} type veth peer name eth0 netns {namespace}")
        sh(f"ip address add {address} dev {own}")
        sh(f"ip link set {own} up")
        sh(f"ip -n {namespace} address add {other} dev eth0")
        sh(f"ip -n {namespace} link set eth0 up")
    sh(f"ip -n {REAL} route add default via 10.0.0.254")
    serve(REAL, "0.0.0.0", 80, lambda peer: b"real")


def asked(port, path):
    """(HTTP status, text); (0, "") while it does not listen."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=3) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def look():
    status, text = asked(9473, "/state")
    state = json.loads(text) if status == 200 else {}
    stale = [line.split()[1] for line in asked(9473, "/metrics")[1].splitlines() if line.startswith("fairlead_node_config_stale ")]
    group = next((g for g in state.get("groups", []) if g["name"] == "g"), {})
    return {"answer": connect(VIP, 80, 1)[0], "planSource": state.get("planSource"), "group": group.get("state"), "stale": stale[:1] == ["1"],
            "healthz": asked(9475, "/healthz")[0], "readyz": asked(9475, "/readyz")[0], "instance": state.get("instance")}


def say(what):
    print(json.dumps(what), flush=True)


def main():
    kubeconfig, server, enough = sys.argv[1], sys.argv[2], int(sys.argv[3])
    disk()
    network()
    prepared = subprocess.run([NODE, "prepare-host"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with open("/proc/sys/kernel/random/boot_id") as file:
        say({"boot": file.read().strip(), "prepared": prepared.returncode, "kept": sorted(os.listdir(DISK)), "said": prepared.stdout[-300:]})
    daemon = subprocess.Popen([NODE, "--node-name", "node-a", "--kubeconfig", kubeconfig, "--api-servers", server, "--state-dir", DISK + "/state",
                               "--password-dir", DISK, "--log-level", "debug"], stdout=sys.stderr, stderr=sys.stderr)
    good = 0
    while not enough or good < enough:
        shown = look()
        say({**shown, "clock": time.monotonic()})
        good = good + 1 if shown["answer"] == "real" else 0
        time.sleep(0.5)
    daemon.send_signal(signal.SIGTERM)
    code = daemon.wait(30)
    sh(f"umount {DISK}")
    say({"ended": code})


if __name__ == "__main__":
    main()
