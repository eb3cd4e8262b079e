#!/usr/bin/python3
"""Makes copies of source files with a bug in them, for the simulation to find.

    plant.py TREE PLANT OUT     writes the changed files of PLANT to OUT/<path in the tree>
    plant.py --files PLANT      prints their paths in the tree
    plant.py --found PLANT      prints as breach of which promises the simulation must find the bug

A plant is a text: `file PATH`, then `- TEXT`, which must stand exactly once in that file, then the lines `+ TEXT`
that replace it. Lines with # say what the bug is, one with `found` which promises it breaks. If a text is not
there, or twice, nothing is written and the exit is 1: then the product has changed, and the plant must follow.
"""
import pathlib
import sys


def parse(path):
    changes = []  # [file, old, [new]]
    current = None
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        word, _, rest = line.partition(" ")
        if word == "file":
            current = rest.strip()
        elif word == "-" and current:
            changes.append([current, rest.strip(), []])
        elif word == "+" and changes:
            changes[-1][2].append(rest)
        elif line.strip() and word not in ("#", "found"):
            sys.exit(f"{path}:{number}: neither file, -, +, found nor #")
    if not changes or any(not new for _, _, new in changes):
        sys.exit(f"{path}: nothing to change")
    return changes


def promises(path):
    return [word for line in pathlib.Path(path).read_text().splitlines() if line.startswith("found ")
            for word in line.split()[1:]]


def changed(text, old, new, name):
    if text.count(old) != 1:
        sys.exit(f"{name}: `{old}` stands there {text.count(old)} times, not once")
    return text.replace(old, "\n".join(new))


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--files":
        print("\n".join(dict.fromkeys(file for file, _, _ in parse(sys.argv[2]))))
        return
    if len(sys.argv) == 3 and sys.argv[1] == "--found":
        print("\n".join(promises(sys.argv[2])))
        return
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    tree, plant, out = sys.argv[1:]
    texts = {}
    for file, old, new in parse(plant):
        texts[file] = changed(texts.get(file) or (pathlib.Path(tree) / file).read_text(), old, new, file)
    for file, text in texts.items():
        target = pathlib.Path(out) / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


if __name__ == "__main__":
    main()
