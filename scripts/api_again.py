"""The layer api once more, with --long: with programs that sanitizers watch, and against the oldest supported API server. What
FAIRLEAD_LONG makes longer lasts as long as without it: that was the first run's matter."""
import os
import subprocess

from report import say
from sanitized import API_TARGETS, PRESETS, TREE, with_preset

OLDEST = "1.31"  # README.md says so; tests/lab/cluster/multi/go-1.31.mod
# How many times slower than usual the programs are taken to be, by which limits of time are stretched (tests/api/patience.py).
SLOW = {"asan": 3, "tsan": 5}
AGAIN = (*[f"api-{preset}" for preset in PRESETS], f"api-{OLDEST}")


def with_variables(variables):
    """command -> the command that runs it with these."""
    words = ["env", "-u", "FAIRLEAD_LONG", "-u", "KUBECONFIG", *[f"{name}={value}" for name, value in variables.items()]]
    return lambda command: [*words, *command]


def run_again(name, run, count):
    """name: one of AGAIN. run(count, wrapped, after) runs the scripts, as run_layers.alone does."""
    if name == f"api-{OLDEST}":
        against_oldest(run, count)
        return
    preset = name.removeprefix("api-")
    with_preset(preset, API_TARGETS, count, lambda folder, variables, judge: run(
        count, with_variables({"FAIRLEAD_BUILD": folder, "FAIRLEAD_SLOW": SLOW[preset], **variables}), judge))


def against_oldest(run, count):
    variables = {"FAIRLEAD_KUBERNETES": OLDEST}
    say(f"  the API server {OLDEST}, which is built once: 5 to 15 minutes")
    done = subprocess.run([f"{TREE}/tests/lab/cluster/build"], env={**os.environ, **variables}, stdout=subprocess.DEVNULL)
    if done.returncode:
        count.add(0, 1, 0, f"the build of the API server {OLDEST}")
        return
    run(count, with_variables(variables), lambda where: None)
