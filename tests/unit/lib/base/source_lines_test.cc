#include "lib/base/source_lines.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

// kind: on line 2, metadata.labels with a dotted key, spec.members[0..1] with a priority each.
SourceLines sample() {
  SourceLines out;
  out.open("", 1);
  out.open("kind", 2);
  out.close();
  out.open("metadata", 3);
  out.open("labels", 4);
  out.open("fairlead.dev/group", 5);
  out.close();
  out.close();
  out.close();
  out.open("spec", 6);
  out.open("members", 7);
  for (int i = 0; i < 2; ++i) {
    out.open("[" + std::to_string(i) + "]", 8 + 2 * i);
    out.open("priority", 9 + 2 * i);
    out.close();
    out.close();
  }
  out.close();
  out.close();
  out.close();
  return out;
}

TEST(SourceLines, APathLeadsToTheLineOfItsPart) {
  const auto lines = sample();
  const std::vector<std::pair<std::string, int>> table{
      {"", 1},
      {"kind", 2},
      {"metadata.labels", 4},
      {"metadata.labels[fairlead.dev/group]", 5},
      {"spec.members", 7},
      {"spec.members[0]", 8},
      {"spec.members[1]", 10},
      {"spec.members[1].priority", 11},
  };
  for (const auto& [path, line] : table) EXPECT_EQ(lines.line_of(path), line) << path;
}

TEST(SourceLines, WhatIsNotThereHasTheLineOfWhatWouldHoldIt) {
  const auto lines = sample();
  const std::vector<std::pair<std::string, int>> table{
      {"nobody", 1},
      {"spec.virtualRouterID", 6},
      {"spec.members[0].node", 8},
      {"spec.members[7].node", 7},
      {"metadata.labels[a.b]", 4},
      {"kind.of[3", 2},
  };
  for (const auto& [path, line] : table) EXPECT_EQ(lines.line_of(path), line) << path;
}

TEST(SourceLines, OfNothingThereIsNoLine) { EXPECT_EQ(SourceLines().line_of("spec"), 0); }

}  // namespace
}  // namespace fairlead
