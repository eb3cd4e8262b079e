"""One virtual router as one member is told to be, whatever program runs it."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class VirtualRouter:
    """One virtual router as one member is told to be. Intervals in ms; priority is this member's."""
    name: str
    interface: str = "eth1"
    vrid: int = 51
    family: int = 4
    version: int = 3
    priority: int = 100
    interval: int = 1000
    preempt: bool = True
    vips: tuple = ("192.0.2.100",)
    excluded: tuple = ()
    password: object = None          # version 2, PASS
    checksum: str = "RFC5798"        # the form Fairlead sends; the others know this one only
    others: tuple = ()               # priorities of the other members, as far as they are ours
    own: object = None               # unicast: our address ...
    peers: tuple = ()                # ... and theirs
    min_ttl: int = 255               # unicast
    extra: tuple = ()                # more fields of VRRPGroup's spec, as (name, value)

    def but(self, **change):
        return dataclasses.replace(self, **change)

    def prefix(self):
        return 32 if self.family == 4 else 128
