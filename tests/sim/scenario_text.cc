// The scenario as text: what a failing seed is kept as.

#include <map>
#include <utility>

#include "lib/base/text.h"
#include "sim/scenario.h"

namespace fairlead::sim {
namespace {

using Words = std::map<std::string, std::string>;

std::string joined(const std::vector<int>& numbers) {
  std::vector<std::string> words;
  for (const int number : numbers) words.push_back(std::to_string(number));
  return join(words, ",");
}

// The key=value pairs of one line, taken out one by one.
class Line {
 public:
  explicit Line(std::string_view text) {
    for (const std::string& word : split(text, ' ')) {
      const auto sign = word.find('=');
      if (sign == std::string::npos) continue;
      words_[word.substr(0, sign)] = word.substr(sign + 1);
    }
  }
  long long number(const std::string& key, long long low, long long high) {
    long long out = low;
    const auto word = words_.find(key);
    if (word == words_.end() || !parse_integer(word->second, low, high, out)) {
      problem_ = key + " must be a number from " + std::to_string(low) + " to " + std::to_string(high);
    }
    return out;
  }
  // As number(); a kept scenario may be older than the word.
  long long number_if_given(const std::string& key, long long low, long long high) {
    return words_.contains(key) ? number(key, low, high) : low;
  }
  int small(const std::string& key, int low, int high) { return static_cast<int>(number(key, low, high)); }
  std::vector<int> numbers(const std::string& key) {
    std::vector<int> out;
    for (const std::string& word : split(words_[key], ',')) {
      long long number = 0;
      if (!parse_integer(word, 1, 254, number)) problem_ = key + " must be numbers from 1 to 254";
      out.push_back(static_cast<int>(number));
    }
    return out;
  }
  const std::string& problem() const { return problem_; }

 private:
  Words words_;
  std::string problem_;
};

constexpr long long kLongest = 3600000;  // ms

std::string read_line(const std::string& what, std::string_view rest, Scenario& out) {
  Line line(rest);
  if (what == "segment") {
    out.noise = static_cast<std::uint64_t>(line.number("noise", 0, 1000000000000));
    out.nodes = line.small("nodes", 2, kMostNodes);
    out.length = Milliseconds(line.number("length", 1, kLongest));
    out.call_latency = Microseconds(line.number("latency", 0, 1000000));
    out.finer_fence = line.number_if_given("finer", 0, 1) == 1;
  } else if (what == "group") {
    GroupSetup group;
    group.version = static_cast<vrrp::Version>(line.small("version", 2, 3));
    if (line.number_if_given("family", 4, 6) == 6) group.family = net::Family::kIPv6;
    group.interval = line.small("interval", 1, 4095);
    group.preempt = line.small("preempt", 0, 1) == 1;
    group.preempt_delay = Seconds(line.number("delay", 0, 3600));
    group.fence = Seconds(line.number_if_given("fence", 0, 3600));
    group.unicast = line.number_if_given("unicast", 0, 1) == 1;
    group.addresses = line.small("addresses", 1, kMostAddresses);
    group.priorities = line.numbers("priorities");
    if (static_cast<int>(group.priorities.size()) != out.nodes) return "priorities: one a node";
    out.groups.push_back(std::move(group));
  } else {
    const auto kind = parse_fault_kind(what);
    if (!kind) return kind.error().message;
    Fault fault;
    fault.kind = *kind;
    fault.at = Milliseconds(line.number("at", 0, kLongest));
    fault.length = Milliseconds(line.number("length", 0, kLongest));
    fault.node = line.small("node", 0, out.nodes - 1);
    fault.group = line.small("group", 0, kMostGroups - 1);
    fault.amount = line.small("amount", -1, 1000000);
    out.faults.push_back(fault);
  }
  return line.problem();
}

}  // namespace

std::string to_text(const Scenario& scenario) {
  std::string out = "segment noise=" + std::to_string(scenario.noise) +
                    " nodes=" + std::to_string(scenario.nodes) +
                    " length=" + std::to_string(scenario.length.count()) +
                    " latency=" + std::to_string(scenario.call_latency.count()) +
                    " finer=" + (scenario.finer_fence ? "1" : "0") + "\n";
  for (const GroupSetup& group : scenario.groups) {
    out += "group version=" + std::to_string(static_cast<int>(group.version)) +
           " family=" + (group.family == net::Family::kIPv4 ? "4" : "6") +
           " interval=" + std::to_string(group.interval) + " preempt=" + (group.preempt ? "1" : "0") +
           " delay=" + std::to_string(group.preempt_delay.count()) +
           " fence=" + std::to_string(group.fence.count()) + " unicast=" + (group.unicast ? "1" : "0") +
           " addresses=" + std::to_string(group.addresses) + " priorities=" + joined(group.priorities) + "\n";
  }
  for (const Fault& fault : scenario.faults) {
    out += std::string(to_string(fault.kind)) + " at=" + std::to_string(fault.at.count()) +
           " length=" + std::to_string(fault.length.count()) + " node=" + std::to_string(fault.node) +
           " group=" + std::to_string(fault.group) + " amount=" + std::to_string(fault.amount) + "\n";
  }
  return out;
}

Result<Scenario> parse_scenario(std::string_view text) {
  Scenario out;
  for (const std::string& line : split(text, '\n')) {
    const std::string_view whole = trim(line);
    if (whole.empty() || whole.starts_with('#')) continue;
    const auto space = whole.find(' ');
    const std::string what(whole.substr(0, space));
    const auto problem =
        read_line(what, space == std::string_view::npos ? std::string_view() : whole.substr(space), out);
    if (!problem.empty()) return fail(Code::kInvalid, std::string(whole) + ": " + problem);
  }
  for (const Fault& fault : out.faults) {
    if (fault.group >= static_cast<int>(out.groups.size())) return fail(Code::kInvalid, "no such group");
  }
  if (out.groups.empty()) return fail(Code::kInvalid, "a scenario has at least one group");
  return out;
}

}  // namespace fairlead::sim
