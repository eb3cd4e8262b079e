"""What the tests of this folder share: a lab of their own names on this machine's kernel, without an API server."""
import contextlib
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
BUILD = os.environ.get("FAIRLEAD_BUILD", TREE + "/build/release")

from labkit import agent as agents  # noqa: E402
from labkit import net, state  # noqa: E402
from labkit.evidence import Evidence  # noqa: E402
from labkit.lab import Lab  # noqa: E402

LAYOUT = net.Layout(nodes=("t1", "t2", "t3"), reals=("tr1", "tr2"), client="tclient", segment="tseg", kube="tkube",
                    subnet="203.0.113", kube_subnet="10.79.0")


@contextlib.contextmanager
def lab():
    """A Lab that is up; everything of it is gone afterwards, whatever happens."""
    folder = tempfile.mkdtemp(prefix="fairlead-netns-")
    agent, process = agents.start_here(folder + "/agent.log")
    made = Lab("test", agent, LAYOUT, None, BUILD, Evidence(folder), None)
    try:
        made.up()
        yield made
    finally:
        try:
            made.down()
        finally:
            state.end(process.pid, "agent_server.py")
            shutil.rmtree(folder)
