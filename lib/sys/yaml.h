#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/source_lines.h"

namespace fairlead::sys {

// One document of a YAML text as JSON text, and on which line each part of it stands.
struct YamlDocument {
  std::string json;
  SourceLines lines;
};

// Lines and columns count from 1; 0: not known.
struct YamlProblem {
  int line = 0;
  int column = 0;
  std::string message;
  friend bool operator==(const YamlProblem&, const YamlProblem&) = default;
};

// Either the documents, in order, empty ones left out; or what is wrong: the first error of syntax, or
// everything that JSON cannot say (16 at most).
struct YamlText {
  std::vector<YamlDocument> documents;
  std::vector<YamlProblem> problems;
};

// Plain scalars become null, booleans or numbers by YAML 1.2's core rules, quoted ones stay strings. Anchors
// may add what is in the text once more and 10,000 nodes or bytes of scalars. Refused: duplicate keys, keys
// that are no scalars, foreign tags, tags of more than 256 bytes, nesting beyond 100 levels, zero bytes, more
// than 200,000 values. Bound the size of `text`: a MiB may take seconds.
YamlText read_yaml(std::string_view text);

// The documents' JSON alone. Errors: kInvalid, the first problem with line and column.
Result<std::vector<std::string>> yaml_to_json(std::string_view text);

}  // namespace fairlead::sys
