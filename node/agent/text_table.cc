#include "node/agent/text_table.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kFurtherIn = 4;
constexpr std::size_t kDeepestIndent = 16;

using Line = std::vector<std::string>;

std::vector<Line> lines_of(const std::vector<std::string>& headings, const std::vector<TableRow>& rows) {
  std::vector<Line> out{headings};
  for (const auto& row : rows) {
    Line first;
    for (const auto& cell : row.cells) first.push_back(printable(cell));
    first.push_back(row.last.empty() ? "none" : printable(row.last.front()));
    out.push_back(std::move(first));
    for (std::size_t i = 1; i < row.last.size(); ++i) {
      Line next(headings.size());
      next.back() = printable(row.last[i]);
      out.push_back(std::move(next));
    }
  }
  return out;
}

std::vector<std::size_t> widths_of(const std::vector<Line>& lines) {
  std::vector<std::size_t> out;
  for (const auto& line : lines) {
    out.resize(std::max(out.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) out[i] = std::max(out[i], line[i].size());
  }
  return out;
}

std::string paragraph(const std::vector<std::string>& headings, const TableRow& row) {
  std::string out = printable(row.cells.front()) + "\n ";
  for (std::size_t i = 1; i < row.cells.size(); ++i) out += " " + headings[i] + " " + printable(row.cells[i]);
  out += "\n  " + headings.back() + "\n";
  if (row.last.empty()) return out + "    none\n";
  for (const auto& text : row.last) out += "    " + printable(text) + "\n";
  return out;
}

bool is_inside_a_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// Where to end the first line of `line`, which is too long and begins with `indent` blanks.
std::size_t end_of_first(const std::string& line, std::size_t indent) {
  const auto blank = line.find_last_of(' ', kColumns);
  if (blank != std::string::npos && blank > indent) return blank;
  std::size_t end = kColumns;
  while (end > indent + 1 && is_inside_a_character(line[end])) --end;
  return end;
}

std::string wrapped_line(std::string line) {
  std::string out;
  const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t further = std::min(blanks + kFurtherIn, kDeepestIndent);
  std::size_t indent = std::min(blanks, kDeepestIndent);
  while (line.size() > kColumns) {
    const std::size_t end = end_of_first(line, indent);
    out += line.substr(0, end) + "\n";
    const std::size_t next = std::min(line.find_first_not_of(' ', end), line.size());
    line = std::string(further, ' ') + line.substr(next);
    indent = further;
  }
  return out + line;
}

}  // namespace

std::string table(const std::vector<std::string>& headings, const std::vector<TableRow>& rows) {
  const auto lines = lines_of(headings, rows);
  const auto widths = widths_of(lines);
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text += std::string(widths[i] - line[i].size() + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    if (text.size() > kColumns) {
      std::string list;
      for (const auto& row : rows) list += paragraph(headings, row);
      return list;
    }
    out += text + "\n";
  }
  return out;
}

std::string wrapped(const std::string& text) {
  auto lines = split(text, '\n');
  for (auto& line : lines) line = wrapped_line(std::move(line));
  return join(lines, "\n");
}

}  // namespace fairlead::agent
