"""The table of figures: a line each, Fairlead beside keepalived, and the same as JSON."""
import dataclasses
import json
import os
import typing

COLUMNS = ("what", "unit", "keepalived", "Fairlead", "ratio", "no fence", "ratio", "fence", "must")


@dataclasses.dataclass
class Line:
    """`bare`: Fairlead without the fence, where that was measured; `most`: the greatest value that must not be exceeded, of `bare`
    if there is one. A figure is None where there was nothing to measure (nobody took over, say), which exceeds any."""
    what: str
    unit: str
    keepalived: typing.Optional[float]
    fairlead: typing.Optional[float]
    bare: typing.Optional[float] = None
    most: typing.Optional[float] = None

    @property
    def judged(self):
        return self.fairlead if self.bare is None else self.bare

    @property
    def met(self):
        """None: nothing is demanded."""
        return None if self.most is None else self.judged is not None and self.judged <= self.most

    def ratio(self, value):
        return None if value is None or not self.keepalived else value / self.keepalived

    @property
    def fence(self):
        return None if self.bare is None or self.fairlead is None else self.fairlead - self.bare

    def cells(self):
        demanded = "" if self.most is None else f"<= {shown(self.most)} {'ok' if self.met else 'MISSED'}"
        bare = ("", "", "") if self.bare is None else (shown(self.bare), shown(self.ratio(self.bare)), shown(self.fence))
        return (self.what, self.unit, shown(self.keepalived), shown(self.fairlead), shown(self.ratio(self.fairlead)), *bare, demanded)

    def value(self):
        return dict(dataclasses.asdict(self), ratio=self.ratio(self.fairlead), bare_ratio=self.ratio(self.bare), fence=self.fence, met=self.met)


def shown(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"


def as_text(lines):
    rows = [COLUMNS, *(line.cells() for line in lines)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(w) if n in (0, 1, len(row) - 1) else cell.rjust(w)
                               for n, (cell, w) in enumerate(zip(row, widths))).rstrip() for row in rows)


def machine():
    with open("/proc/loadavg") as file:
        load = file.read().split()[0]
    return {"cores": os.cpu_count(), "kernel": os.uname().release, "load": float(load)}


def as_json(lines, about):
    return json.dumps(dict(about, lines=[line.value() for line in lines]), indent=1)
