#pragma once

#include <cstddef>
#include <string>
#include <vector>

// Text for a terminal of 80 columns. Pure. Columns are counted as bytes, so that a line is never too long.
namespace fairlead::agent {

inline constexpr std::size_t kColumns = 80;

// A row: its cells, and what stands below each other in the last column ("none" if there is nothing). All of
// it is shown printable().
struct TableRow {
  std::vector<std::string> cells;
  std::vector<std::string> last;
};

// Columns as wide as their widest cell, two blanks between them. Where that is wider than a line, a paragraph
// for each row instead: its first cell, then the others with their headings. `headings` has one for each of
// `cells` and one for `last`. Ends with a line feed.
std::string table(const std::vector<std::string>& headings, const std::vector<TableRow>& rows);

// The same text with lines that are too long broken, between words where there is room; what is broken goes
// on four columns further in. No UTF-8 sequence is cut.
std::string wrapped(const std::string& text);

}  // namespace fairlead::agent
