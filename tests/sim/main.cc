// sim: runs simulated segments and judges them.
//
//   sim seeds FIRST COUNT [keep=FOLDER]   the scenarios of so many seeds; names all that fail; given a
//   folder,
//                                         the first three are made smaller and written there
//   sim find FIRST COUNT [only=PROMISES]  up to the first that fails; PROMISES, joined by commas, are then
//   all
//                                         that is judged
//   sim file NAME [trace] [only=...]      the scenario of a file
//   sim seed NUMBER [trace] [only=...]    the scenario of a seed
//   sim shrink NUMBER FILE                the scenario of a failing seed, made smaller
//   sim print NUMBER                      the scenario of a seed as text
//
// Ends with 0 if every promise was kept, 1 if one was broken, 2 if it was called wrongly.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/text.h"
#include "sim/shrink.h"
#include "sim/watchdog.h"
#include "sim/world.h"

namespace {

using namespace fairlead;

constexpr int kMostKept = 3;

// What was asked for beside the numbers.
struct Words {
  bool trace = false;
  std::string keep;
  sim::Judged only;
};

sim::Outcome play(const std::string& name, const sim::Scenario& scenario, const sim::Judged& only,
                  sim::NodeMetrics& metrics) {
  sim::begin_watch(name);
  return sim::run(scenario, metrics, only, nullptr);
}

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
  const sim::Judged same{violation.invariant};
  const auto again = [&](const sim::Scenario& smaller) {
    return play(name, smaller, same, metrics).violation;
  };
  const sim::Scenario smallest =
      sim::shrink(scenario, [&](const sim::Scenario& smaller) { return again(smaller).has_value(); });
  const std::string why = text_of(again(smallest).value_or(violation));
  std::cout << "smaller: " << why << "\n" << to_text(smallest);
  std::ofstream file(name);
  file << "# " << why << "\n" << to_text(smallest);
  file.close();
  std::cout << (file.good() ? "kept as " : "could not be kept as ") << name << std::endl;
}

int seeds(long long first, long long count, const std::string& folder, sim::NodeMetrics& metrics) {
  sim::Statistics sum;
  int failed = 0;
  for (long long seed = first; seed < first + count; ++seed) {
    const sim::Scenario scenario = sim::draw(static_cast<std::uint64_t>(seed));
    const sim::Outcome outcome = play("seed " + std::to_string(seed), scenario, {}, metrics);
    sum.add(outcome.statistics);
    if (!outcome.violation) continue;
    ++failed;
    std::cout << "seed " << seed << ": " << text_of(*outcome.violation) << std::endl;
    if (!folder.empty() && failed <= kMostKept) {
      const std::string name = folder + "/seed-" + std::to_string(seed) + ".scenario";
      keep_smaller(scenario, *outcome.violation, name, metrics);
    }
  }
  print(sum, static_cast<std::uint64_t>(count));
  std::cout << failed << " failed" << std::endl;
  return failed == 0 ? 0 : 1;
}

int find(long long first, long long count, const sim::Judged& only, sim::NodeMetrics& metrics) {
  for (long long seed = first; seed < first + count; ++seed) {
    const auto found =
        play("seed " + std::to_string(seed), sim::draw(static_cast<std::uint64_t>(seed)), only, metrics);
    if (!found.violation) continue;
    std::cout << "seed " << seed << ": " << text_of(*found.violation) << std::endl;
    return 1;
  }
  return 0;
}

int one(const sim::Scenario& scenario, const Words& words, sim::NodeMetrics& metrics) {
  sim::begin_watch("scenario");
  const sim::Outcome outcome = sim::run(scenario, metrics, words.only, words.trace ? stdout : nullptr);
  print(outcome.statistics, 1);
  if (!outcome.violation) return 0;
  std::cout << text_of(*outcome.violation) << std::endl;
  return 1;
}

int from_file(const std::string& name, const Words& words, sim::NodeMetrics& metrics) {
  std::ifstream file(name);
  std::stringstream text;
  text << file.rdbuf();
  const auto scenario = sim::parse_scenario(text.str());
  if (!file || !scenario) {
    std::cerr << name << ": " << (file ? scenario.error().message : "cannot be read") << "\n";
    return 2;
  }
  return one(*scenario, words, metrics);
}

int shrink_seed(const sim::Scenario& scenario, const std::string& name, sim::NodeMetrics& metrics) {
  const auto violation = play(name, scenario, {}, metrics).violation;
  if (!violation) return 0;
  keep_smaller(scenario, *violation, name, metrics);
  return 1;
}

Words words_of(const std::vector<std::string>& given) {
  Words out;
  for (const std::string& word : given) {
    if (word == "trace") out.trace = true;
    if (word.starts_with("keep=")) out.keep = word.substr(5);
    if (!word.starts_with("only=")) continue;
    for (const std::string& promise : split(word.substr(5), ',')) out.only.insert(promise);
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  const Words words = words_of(given);
  const auto word = [&](std::size_t i) { return i < given.size() ? given[i] : std::string(); };
  const auto metrics = std::make_unique<sim::NodeMetrics>();
  long long number = 0;
  long long count = 0;
  if (word(0) == "file") return from_file(word(1), words, *metrics);
  if (parse_integer(word(1), 0, 1000000000000, number)) {
    if (parse_integer(word(2), 1, 1000000000, count)) {
      if (word(0) == "seeds") return seeds(number, count, words.keep, *metrics);
      if (word(0) == "find") return find(number, count, words.only, *metrics);
    }
    const sim::Scenario scenario = sim::draw(static_cast<std::uint64_t>(number));
    if (word(0) == "seed") return one(scenario, words, *metrics);
    if (word(0) == "shrink" && !word(2).empty()) return shrink_seed(scenario, word(2), *metrics);
    if (word(0) == "print") {
      std::cout << to_text(scenario);
      return 0;
    }
  }
  std::cerr << "usage: sim seeds FIRST COUNT [keep=FOLDER] | find FIRST COUNT [only=PROMISES] | "
               "file NAME [trace] [only=...] | seed NUMBER [trace] [only=...] | shrink NUMBER FILE | "
               "print NUMBER\n";
  return 2;
}
