"""For addresses_test.py: two namespaces on one link, and an address in the kernel's eyes and in the daemon's."""
import json
import time

from wire_world import joined, run

ONE, TWO = "fairlead-wire-a1", "fairlead-wire-a2"
VIPS = {4: "192.0.2.100", 6: "2001:db8::100"}


def build():
    joined(ONE, TWO)
    for number, name in ((1, ONE), (2, TWO)):
        run(f"ip -n {name} addr add 192.0.2.{number}/24 dev eth1")
        run(f"ip -n {name} addr add fe80::{number}/64 dev eth1 nodad")
        run(f"ip -n {name} addr add 2001:db8::{number}/64 dev eth1 nodad")
        run(f"ip -n {name} link set eth1 up")


def listed(address, name=ONE):
    """How iproute2 shows it; nothing if it is not there."""
    links = json.loads(run(f"ip -n {name} -j addr show dev eth1"))
    found = [a for link in links for a in link.get("addr_info", []) if a.get("local") == address]
    return found[0] if found else None


def view(driver, index):
    """{address: flags}, and the other lines, of the daemon's view."""
    lines = driver.ask(f"view {index}")
    entries = [x.split() for x in lines if x.startswith("address ")]
    return {e[1]: set(e[2:]) for e in entries}, [x for x in lines if not x.startswith("address ")]


def wait(condition, seconds=3.0):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def with_prefix(address):
    return address + ("/128" if ":" in address else "/32")
