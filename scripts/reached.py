"""What of a folder of Python scripts a run of its executable ones can come to. For scripts/check_docs.py.

Beginning with the statements of the executable scripts that stand in no def, class or assignment, names are followed: within
the file, into the folder's other files by import, and from `x.name`, where x is no import, to every method of that name. A
def, class or assigned name that nobody follows is not reached, and nothing in it is. Names that are only text (getattr) are
not seen.
"""
import ast
import os

DEFS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Block:
    """A def, a class, or the assignment of a name on the level of the file; `outer` is the block it stands in."""

    def __init__(self, file, names, node, outer):
        self.file, self.names, self.outer = file, names, outer
        self.is_class = isinstance(node, ast.ClassDef)
        self.method = outer is not None and outer.is_class
        self.lines = range(node.lineno, node.end_lineno + 1) if node else range(0)
        self.uses, self.members = set(), set()  # (file, name); what stands behind a dot of something else


class File:
    """The blocks of one file; `top` has what is used outside of them."""

    def __init__(self, path):
        self.name = path.stem
        self.text = path.read_text(encoding="utf-8")
        self.beside = {p.stem for p in path.parent.glob("*.py")}
        self.top = Block(self.name, [], None, None)
        self.blocks, self.modules, self.taken = [], {}, {}
        tree = ast.parse(self.text)
        for node in ast.walk(tree):
            self.note_import(node)
        for node in tree.body:
            self.read(node, self.top)

    def note_import(self, node):
        if isinstance(node, ast.Import):
            self.modules |= {a.asname or a.name: a.name for a in node.names if a.name in self.beside}
        elif isinstance(node, ast.ImportFrom) and node.module in self.beside:
            self.taken |= {a.asname or a.name: (node.module, a.name) for a in node.names}

    def read(self, node, block):
        """Puts what the node uses to the block, and new blocks to the file."""
        named = [node.name] if isinstance(node, DEFS) else []
        if block is self.top and isinstance(node, ast.Assign):
            named = [t.id for target in node.targets for t in ast.walk(target) if isinstance(t, ast.Name)]
        if named:
            block = Block(self.name, named, node, None if block is self.top else block)
            self.blocks.append(block)
        elif isinstance(node, ast.Attribute):
            module = self.modules.get(node.value.id) if isinstance(node.value, ast.Name) else None
            if module:
                block.uses.add((module, node.attr))
            else:
                block.members.add(node.attr)
        elif isinstance(node, ast.Name):
            block.uses.add(self.taken.get(node.id, (self.name, node.id)))
        for child in ast.iter_child_nodes(node):
            self.read(child, block)


class Folder:
    """What the executable scripts of a folder reach."""

    def __init__(self, path):
        self.files = {p.stem: File(p) for p in sorted(path.glob("*.py"))}
        self.run, self.uses, self.members, self.reached = set(), set(), set(), set()
        for name in [p.stem for p in path.glob("*.py") if os.access(p, os.X_OK)]:
            self.enter(name)
        while self.grow():
            pass

    def enter(self, name):
        """The file is run or imported: what stands on its own level happens."""
        self.run.add(name)
        file = self.files[name]
        self.note(file.top)
        for other in {*file.modules.values(), *(module for module, _ in file.taken.values())} - self.run:
            self.enter(other)

    def note(self, block):
        self.uses |= block.uses
        self.members |= block.members

    def grow(self):
        """One more round; False if nothing new was reached."""
        # What a file hands on from another (routers.py: `from fairlead import Fairlead`) is followed to where it is.
        self.uses |= {self.files[f].taken[n] for f, n in self.uses if f in self.files and n in self.files[f].taken}
        new = [b for name in self.run for b in self.files[name].blocks if b not in self.reached and self.is_used(b)]
        for block in new:
            self.reached.add(block)
            self.note(block)
        return new

    def is_used(self, block):
        if block.outer and block.outer not in self.reached:
            return False
        if block.method:
            return any(n in self.members or n.startswith("__") for n in block.names)
        return any((block.file, n) in self.uses for n in block.names)

    def reaches(self, name, words):
        """Whether a run comes to a place of the file where the words stand."""
        if name not in self.run:
            return False
        text, at = self.files[name].text, -1
        while (at := text.find(words, at + 1)) >= 0:
            line = text.count("\n", 0, at) + 1
            if all(b in self.reached for b in self.files[name].blocks if line in b.lines):
                return True
        return False
