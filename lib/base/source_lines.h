#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

// On which line of a text each part of one document stands, so that a problem that is known by its path
// ("spec.members[1].priority") can be told by its line. A tree in one list: every part is followed by what
// is inside it. Lines count from 1.
class SourceLines {
 public:
  // Builds the tree from the top down: open() a part, open() and close() those inside it, close() it. The
  // first part opened is the document; its name is not looked at. Members of an object are named by their
  // key, items of a list "[0]", "[1]" and so on.
  void open(std::string name, int line);
  // REQUIRES: a part is open.
  void close();

  // The line of the part at `path`, as lib/api writes paths: names after dots, indices and names in brackets;
  // of the innermost part that is there, if the path leads further. Empty path: the document's. 0: nothing
  // was built.
  int line_of(std::string_view path) const;

  friend bool operator==(const SourceLines&, const SourceLines&) = default;

 private:
  struct Part {
    std::string name;
    int line = 0;
    std::size_t end = 0;  // index after the last part inside this one
    friend bool operator==(const Part&, const Part&) = default;
  };
  // Index of the part `name` inside that at `parent`; 0: there is none.
  std::size_t inside(std::size_t parent, std::string_view name) const;

  std::vector<Part> parts_;
  std::vector<std::size_t> open_;
};

}  // namespace fairlead
