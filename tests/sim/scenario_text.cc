// The scenario as text: what a failing seed is kept as.

#include <utility>

#include "lib/base/text.h"
#include "sim/lines.h"
#include "sim/scenario.h"

namespace fairlead::sim {
namespace {

std::string joined(const std::vector<int>& numbers) {
  std::vector<std::string> words;
  for (const int number : numbers) words.push_back(std::to_string(number));
  return join(words, ",");
}

std::string read_line(const std::string& what, Line& line, Scenario& out) {
  if (what == "segment") {
    out.noise = static_cast<std::uint64_t>(line.number("noise", 0, kMostNoise));
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
    fault.at = line.time("at");
    fault.length = line.time("length");
    fault.node = line.small("node", 0, out.nodes - 1);
    fault.group = line.small("group", 0, kMostGroups - 1);
    fault.amount = line.small("amount", -1, 1000000);
    out.faults.push_back(fault);
  }
  return "";
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
  const auto read =
      read_lines(text, [&out](const std::string& what, Line& line) { return read_line(what, line, out); });
  if (!read) return read.error();
  for (const Fault& fault : out.faults) {
    if (fault.group >= static_cast<int>(out.groups.size())) return fail(Code::kInvalid, "no such group");
  }
  if (out.groups.empty()) return fail(Code::kInvalid, "a scenario has at least one group");
  return out;
}

}  // namespace fairlead::sim
