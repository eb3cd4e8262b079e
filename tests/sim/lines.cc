#include "sim/lines.h"

#include "lib/base/text.h"

namespace fairlead::sim {

Line::Line(std::string_view pairs) {
  for (const std::string& word : split(pairs, ' ')) {
    const auto sign = word.find('=');
    if (sign != std::string::npos) words_[word.substr(0, sign)] = word.substr(sign + 1);
  }
}

long long Line::number(const std::string& key, long long low, long long high) {
  long long out = low;
  const auto word = words_.find(key);
  if (word == words_.end() || !parse_integer(word->second, low, high, out)) {
    problem_ = key + " must be a number from " + std::to_string(low) + " to " + std::to_string(high);
  }
  return out;
}

long long Line::number_if_given(const std::string& key, long long low, long long high) {
  return words_.contains(key) ? number(key, low, high) : low;
}

int Line::small(const std::string& key, int low, int high) {
  return static_cast<int>(number(key, low, high));
}

std::vector<int> Line::numbers(const std::string& key) {
  std::vector<int> out;
  for (const std::string& word : split(words_[key], ',')) {
    long long number = 0;
    if (!parse_integer(word, 1, 254, number)) problem_ = key + " must be numbers from 1 to 254";
    out.push_back(static_cast<int>(number));
  }
  return out;
}

Result<> read_lines(std::string_view text,
                    const std::function<std::string(const std::string& what, Line& pairs)>& read) {
  for (const std::string& line : split(text, '\n')) {
    const std::string_view whole = trim(line);
    if (whole.empty() || whole.starts_with('#')) continue;
    const auto space = whole.find(' ');
    Line pairs(space == std::string_view::npos ? std::string_view() : whole.substr(space));
    std::string problem = read(std::string(whole.substr(0, space)), pairs);
    if (problem.empty()) problem = pairs.problem();
    if (!problem.empty()) return fail(Code::kInvalid, std::string(whole) + ": " + problem);
  }
  return Done{};
}

}  // namespace fairlead::sim
