#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

// A scenario as text: a line for each thing, a word that says what it is and then "key=value" pairs. Lines
// that begin with # say nothing.
namespace fairlead::sim {

inline constexpr long long kLongest = 3600000;  // ms
inline constexpr long long kMostNoise = 1000000000000;

// The pairs of one line, taken out one by one.
class Line {
 public:
  explicit Line(std::string_view pairs);

  long long number(const std::string& key, long long low, long long high);
  // As number(); a kept scenario may be older than the word.
  long long number_if_given(const std::string& key, long long low, long long high);
  int small(const std::string& key, int low, int high);
  Milliseconds time(const std::string& key) { return Milliseconds(number(key, 0, kLongest)); }
  // From 1 to 254, with commas.
  std::vector<int> numbers(const std::string& key);
  // What was wrong with the pairs asked for; empty: nothing.
  const std::string& problem() const { return problem_; }

 private:
  std::map<std::string, std::string> words_;
  std::string problem_;
};

// `read` gets the first word of each line and its pairs, and says what is wrong with them; empty: nothing.
// Errors: kInvalid, the first of them.
Result<> read_lines(std::string_view text,
                    const std::function<std::string(const std::string& what, Line& pairs)>& read);

}  // namespace fairlead::sim
