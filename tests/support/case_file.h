#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/address.h"

// Case files (tests/cases/*/*.case): what happens, line by line, and below each line, indented, what comes of
// it. Lines that begin with # and empty ones are for the reader.
//
//   # RFC 9568 6.4.2: the timer fires.
//   router priority=100 interval=100cs
//   at 0 startup
//       0  -> Backup by Startup, until 3.609375
//
// FAIRLEAD_WRITE_CASES=1 writes what comes of each line anew; read the difference before committing it.
namespace fairlead::test {

// The words of a line, taken one by one. What nobody took is an error: finish() tells.
class Words {
 public:
  explicit Words(const std::string& line) : line_(line) {
    std::istringstream in(line);
    for (std::string word; in >> word;) words_.push_back(word);
  }
  // The first word left.
  std::string next() {
    if (words_.empty()) throw std::runtime_error("a word is missing: " + line_);
    const std::string out = words_.front();
    words_.erase(words_.begin());
    return out;
  }
  bool empty() const { return words_.empty(); }
  // The V of key=V, wherever it stands.
  std::optional<std::string> value(const std::string& key) {
    const auto found = std::find_if(words_.begin(), words_.end(),
                                    [&](const auto& word) { return word.starts_with(key + "="); });
    if (found == words_.end()) return std::nullopt;
    const std::string out = found->substr(key.size() + 1);
    words_.erase(found);
    return out;
  }
  bool flag(const std::string& name) {
    const auto found = std::find(words_.begin(), words_.end(), name);
    if (found == words_.end()) return false;
    words_.erase(found);
    return true;
  }
  void finish() const {
    if (!words_.empty()) throw std::runtime_error("not understood: " + words_.front() + " in: " + line_);
  }

 private:
  std::string line_;
  std::vector<std::string> words_;
};

// "3.25" (seconds), "250ms", "30s", "50cs", "100us".
inline Microseconds span_of(const std::string& text) {
  std::size_t end = 0;
  const double value = std::stod(text, &end);
  const std::string unit = text.substr(end);
  const double scale = unit == "us" ? 1 : unit == "ms" ? 1e3 : unit == "cs" ? 1e4 : 1e6;
  if (!unit.empty() && unit != "us" && unit != "ms" && unit != "cs" && unit != "s") {
    throw std::runtime_error("no span of time: " + text);
  }
  return Microseconds(static_cast<std::int64_t>(value * scale + 0.5));
}

// "3.609375": seconds, with as many decimals as it takes.
inline std::string seconds_text(Microseconds span) {
  const auto count = span.count();
  std::string out = std::to_string(count / 1000000);
  std::string decimals = std::to_string(count % 1000000);
  decimals.insert(0, 6 - decimals.size(), '0');
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return decimals.empty() ? out : out + "." + decimals;
}

inline net::IpAddress address_of(const std::string& text) {
  const auto parsed = net::parse_address(text);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return *parsed;
}

// "a,b,c" -> its parts.
inline std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) out.push_back(part);
  return out;
}

// What comes of one line.
using RunLine = std::function<std::vector<std::string>(const std::string& line)>;

// The text with what comes of each line written anew.
inline std::string run_case(const std::string& text, const RunLine& run) {
  std::string out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(' ')) continue;
    out += line + "\n";
    if (line.empty() || line.starts_with('#')) continue;
    for (const std::string& outcome : run(line)) out += "    " + outcome + "\n";
  }
  return out;
}

// Runs the file and compares, or writes it.
inline void expect_case(const std::filesystem::path& path, const RunLine& run) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  std::string found;
  try {
    found = run_case(text.str(), run);
  } catch (const std::exception& problem) {
    FAIL() << path << ": " << problem.what();
  }
  if (std::getenv("FAIRLEAD_WRITE_CASES") != nullptr) {
    std::ofstream(path) << found;
    return;
  }
  EXPECT_EQ(found, text.str());
}

// The names of the cases of a folder, in order.
inline std::vector<std::string> case_names(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".case") out.push_back(entry.path().stem());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// As GoogleTest wants a name.
inline std::string test_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace fairlead::test
