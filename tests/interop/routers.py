"""The three programs that run virtual routers, each in a file of its own. All have start(routers), kill(), freeze(), thaw() and
stop(); Fairlead and keepalived also state(name), which is Initialize, Backup or Master, became(name), how often it became
Master, and reload(routers)."""
from fairlead import Fairlead  # noqa: F401
from frr import Frr  # noqa: F401
from keepalived import Keepalived  # noqa: F401
from virtual_router import VirtualRouter  # noqa: F401
