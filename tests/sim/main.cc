// sim: runs simulated segments and judges them.
//
//   sim seeds FIRST COUNT [KEEP]   the scenarios of so many seeds, up to the first that fails; given a
//                                  folder KEEP, that one is made smaller and written there
//   sim survey FIRST COUNT         the same, but names all that fail
//   sim file NAME [trace]          the scenario of a file
//   sim seed NUMBER [trace]        the scenario of a seed
//   sim print NUMBER               the scenario of a seed as text
//
// Ends with 0 if every promise was kept, 1 if one was broken, 2 if it was called wrongly.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/text.h"
#include "sim/shrink.h"
#include "sim/world.h"

namespace {

using namespace fairlead;

std::string text_of(const sim::Violation& violation) {
  const auto at = (violation.at - TimePoint(Seconds(1000))).count() / 1000;
  return violation.invariant + " at " + std::to_string(at) + " ms: " + violation.what;
}

void print(const sim::Statistics& sum, std::uint64_t runs) {
  std::uint64_t faults = 0;
  std::string kinds;
  for (const auto& [kind, count] : sum.faults) {
    faults += count;
    kinds += " " + std::string(to_string(kind)) + "=" + std::to_string(count);
  }
  std::cout << "scenarios " << runs << " virtual-seconds " << sum.time.count() / 1000000 << " steps "
            << sum.steps << " adverts " << sum.adverts << " transitions " << sum.transitions << " checks "
            << sum.checks << " faults " << faults << "\nfaults:" << kinds << std::endl;
}

void keep_smaller(const sim::Scenario& scenario, const sim::Violation& violation, const std::string& name,
                  sim::NodeMetrics& metrics) {
  const sim::Scenario smallest = sim::shrink(scenario, [&](const sim::Scenario& smaller) {
    const auto found = run(smaller, metrics, nullptr).violation;
    return found && found->invariant == violation.invariant;
  });
  const std::string why = text_of(run(smallest, metrics, nullptr).violation.value_or(violation));
  std::cout << "smaller: " << why << "\n" << to_text(smallest);
  std::ofstream file(name + ".scenario");
  file << "# " << why << "\n" << to_text(smallest);
  file.close();
  std::cout << (file.good() ? "kept as " : "could not be kept as ") << name << ".scenario" << std::endl;
}

int survey(long long first, long long count, sim::NodeMetrics& metrics) {
  sim::Statistics sum;
  int failed = 0;
  for (long long seed = first; seed < first + count; ++seed) {
    const sim::Outcome outcome = run(sim::draw(static_cast<std::uint64_t>(seed)), metrics, nullptr);
    sum.add(outcome.statistics);
    if (!outcome.violation) continue;
    ++failed;
    std::cout << "seed " << seed << ": " << text_of(*outcome.violation) << std::endl;
  }
  print(sum, static_cast<std::uint64_t>(count));
  std::cout << failed << " failed" << std::endl;
  return failed == 0 ? 0 : 1;
}

int seeds(long long first, long long count, const std::string& folder, sim::NodeMetrics& metrics) {
  sim::Statistics sum;
  for (long long seed = first; seed < first + count; ++seed) {
    const sim::Scenario scenario = sim::draw(static_cast<std::uint64_t>(seed));
    const sim::Outcome outcome = run(scenario, metrics, nullptr);
    sum.add(outcome.statistics);
    if (!outcome.violation) continue;
    std::cout << "seed " << seed << ": " << text_of(*outcome.violation) << std::endl;
    if (!folder.empty())
      keep_smaller(scenario, *outcome.violation, folder + "/seed-" + std::to_string(seed), metrics);
    print(sum, static_cast<std::uint64_t>(seed - first + 1));
    return 1;
  }
  print(sum, static_cast<std::uint64_t>(count));
  return 0;
}

int one(const sim::Scenario& scenario, bool trace, sim::NodeMetrics& metrics) {
  const sim::Outcome outcome = run(scenario, metrics, trace ? stdout : nullptr);
  print(outcome.statistics, 1);
  if (!outcome.violation) return 0;
  std::cout << text_of(*outcome.violation) << std::endl;
  return 1;
}

int from_file(const std::string& name, bool trace, sim::NodeMetrics& metrics) {
  std::ifstream file(name);
  std::stringstream text;
  text << file.rdbuf();
  const auto scenario = sim::parse_scenario(text.str());
  if (!file || !scenario) {
    std::cerr << name << ": " << (file ? scenario.error().message : "cannot be read") << "\n";
    return 2;
  }
  return one(*scenario, trace, metrics);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
  const auto metrics = std::make_unique<sim::NodeMetrics>();
  long long number = 0;
  long long count = 0;
  if (word(0) == "file") return from_file(word(1), word(2) == "trace", *metrics);
  if (parse_integer(word(1), 0, 1000000000000, number)) {
    if (word(0) == "print") {
      std::cout << to_text(sim::draw(static_cast<std::uint64_t>(number)));
      return 0;
    }
    if (word(0) == "seed")
      return one(sim::draw(static_cast<std::uint64_t>(number)), word(2) == "trace", *metrics);
    if (word(0) == "survey" && parse_integer(word(2), 1, 1000000000, count))
      return survey(number, count, *metrics);
    if (word(0) == "seeds" && parse_integer(word(2), 1, 1000000000, count)) {
      return seeds(number, count, word(3), *metrics);
    }
  }
  std::cerr << "usage: sim seeds FIRST COUNT [KEEP] | survey FIRST COUNT | file NAME [trace] | seed NUMBER "
               "[trace] | print NUMBER\n";
  return 2;
}
