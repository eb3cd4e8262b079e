#!/usr/bin/python3
"""The table of odd adverts (probes.py) put to keepalived 2.2.7, FRR 8.4.4 and Fairlead at once. The peers' columns are
measured facts that must come out again: they show that the probes are what they say, and are the positive control."""
import os

import probes
from probe_run import DOWN_MS, run
from world import Cases, World

# How long after the last good advert the timer may be seen to have fired, on a busy machine.
LATE_MS = 400


def text(outcome):
    answer = outcome.answer()
    if answer == probes.DROP:
        return f"Master after {outcome.masters[0] + 500:.0f} ms"
    return f"Master {outcome.times()} times" if answer == probes.EACH else answer


def show(outcomes):
    rows = {}
    for outcome in outcomes:
        rows.setdefault(outcome.probe.name, {})[outcome.kind] = text(outcome)
    print("| odd advert | keepalived | FRR | Fairlead |\n|---|---|---|---|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(row.get(kind, "-") for kind in probes.PROGRAMS) + " |", flush=True)


def check_answer(cases, outcome):
    expected, answer = outcome.expected(), outcome.answer()
    name = f"{outcome.kind}, {outcome.probe.name}"
    if expected is None:
        return
    good = cases.check(f"{name}: {expected}", answer == expected, f"{text(outcome)}, then Master after {outcome.after}")
    if outcome.kind != "fairlead" and expected == probes.STAYS and outcome.probe.hears_until is None:
        cases.check(f"{name}: it was alive all the while", outcome.after is not None, outcome.after)
    if outcome.kind == "frr" and outcome.probe.name == "Reserve bits set":
        cases.check(f"{name}: it takes them for an interval of minutes", outcome.after is None, outcome.after)
    return good


def check_fairlead(cases, program, outcome):
    probe, name = outcome.probe, f"fairlead, {outcome.probe.name}"
    refused = program.driver.refused(outcome.router.name)
    if not cases.check(f"{name}: the group is taken", not refused, refused):
        return
    if check_answer(cases, outcome) and probe.fairlead == probes.DROP:
        silence = outcome.masters[0] + 500  # from the last good advert to the first odd one
        cases.check(f"{name}: the timer ran on as if nothing had come", abs(silence - DOWN_MS) <= LATE_MS, silence)
    if probe.reason:
        group = "" if probe.reason == "vrid" else outcome.router.name
        counted = program.driver.metric("fairlead_node_vrrp_adverts_rejected_total", group=group, reason=probe.reason)
        cases.check(f"{name}: each is counted as {probe.reason}", counted >= 13, counted)
        gaps = [b - a for a, b in zip(outcome.adverts, outcome.adverts[1:])]
        cases.check(f"{name}: as Master it keeps its beat all the while (VR-047)",
                    len(gaps) >= 2 and all(abs(g - 1000) < 150 for g in gaps), [round(g) for g in gaps])
    if probe.event.startswith("vrrp."):
        cases.check(f"{name}: {probe.event} is logged", program.driver.logged(probe.event, f"group={outcome.router.name} "))
    elif probe.event:
        counted = sum(v for k, v in program.driver.metrics().items() if probe.event in k)
        cases.check(f"{name}: they are counted as {probe.event}", counted >= 13, counted)
    if probe.fairlead == probes.STAYS:
        down = probe.hears_until or DOWN_MS
        timed = outcome.after is None if down > DOWN_MS else outcome.after and abs(outcome.after - down) <= LATE_MS
        cases.check(f"{name}: Active_Down_Interval is {down} ms then", timed, outcome.after)


def main():
    cases = Cases()
    if os.geteuid() != 0:
        cases.skip("probes", "needs root for network namespaces")
        cases.finish()
    with World("probe") as world:
        programs, outcomes, late = run(world, probes.PROGRAMS, probes.TABLE)
        cases.check("all virtual routers of all programs are Backup before the probes", not late, late)
        show(outcomes)
        for program in programs:
            for outcome in [o for o in outcomes if o.kind == program.kind]:
                if program.kind == "fairlead":
                    check_fairlead(cases, program, outcome)
                else:
                    check_answer(cases, outcome)
            cases.check(f"{program.kind}: netwatch missed nothing", not program.watch.end())
    cases.finish()


if __name__ == "__main__":
    main()
