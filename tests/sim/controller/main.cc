// sim_controller: runs simulated clusters and judges them.
//
//   sim_controller seeds FIRST COUNT [keep=FOLDER]   the plots of so many seeds; names all that fail; given a
//                                                    folder, the first three are made smaller and written
//                                                    there
//   sim_controller find FIRST COUNT [only=PROMISES]  up to the first that fails; PROMISES, joined by commas,
//   are
//                                                    then all that is judged
//   sim_controller file NAME [trace] [only=...]      the plot of a file
//   sim_controller seed NUMBER [trace] [only=...]    the plot of a seed
//   sim_controller print NUMBER                      the plot of a seed as text
//
// Ends with 0 if every promise was kept, 1 if one was broken, 2 if it was called wrongly.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "lib/base/text.h"
#include "sim/controller/stage.h"
#include "sim/watchdog.h"

namespace {

using namespace fairlead;
using namespace fairlead::sim::cluster;

constexpr int kMostKept = 3;

struct Words {
  bool trace = false;
  std::string keep;
  Judged only;
};

std::string text_of(const Breach& breach, Microseconds at) {
  return breach.promise + " at " + std::to_string(at.count() / 1000) + " ms: " + breach.what;
}

void print(const Statistics& sum, std::uint64_t runs) {
  std::uint64_t faults = 0;
  std::string kinds;
  for (const auto& [kind, count] : sum.events) {
    faults += count;
    kinds += " " + std::string(to_string(kind)) + "=" + std::to_string(count);
  }
  std::cout << "scenarios " << runs << " virtual-seconds " << sum.time.count() / 1000000 << " steps "
            << sum.steps << " rounds " << sum.rounds << " writes " << sum.writes << " checks " << sum.checks
            << " faults " << faults << "\nfaults:" << kinds << "\nlongest settling "
            << sum.longest_settling.count() / 1000 << " ms" << std::endl;
}

void keep_smaller(const Plot& plot, const Breach& breach, const std::string& name) {
  const Judged same{breach.promise};
  const Plot smallest = shrink(plot, [&](const Plot& smaller) {
    sim::begin_watch("a smaller " + name);
    return run(smaller, same, false).breach.has_value();
  });
  const Outcome again = run(smallest, same, false);
  const std::string why = text_of(again.breach.value_or(breach), again.at);
  std::cout << "smaller: " << why << "\n" << to_text(smallest);
  std::ofstream file(name);
  file << "# " << why << "\n" << to_text(smallest);
  file.close();
  std::cout << (file.good() ? "kept as " : "could not be kept as ") << name << std::endl;
}

int seeds(long long first, long long count, const std::string& folder) {
  Statistics sum;
  int failed = 0;
  for (long long seed = first; seed < first + count; ++seed) {
    sim::begin_watch("seed " + std::to_string(seed));
    const Plot plot = draw(static_cast<std::uint64_t>(seed));
    const Outcome outcome = run(plot, {}, false);
    sum.add(outcome.statistics);
    if (!outcome.breach) continue;
    ++failed;
    std::cout << "seed " << seed << ": " << text_of(*outcome.breach, outcome.at) << std::endl;
    if (!folder.empty() && failed <= kMostKept) {
      keep_smaller(plot, *outcome.breach, folder + "/seed-" + std::to_string(seed) + ".scenario");
    }
  }
  print(sum, static_cast<std::uint64_t>(count));
  std::cout << failed << " failed" << std::endl;
  return failed == 0 ? 0 : 1;
}

int find(long long first, long long count, const Judged& only) {
  for (long long seed = first; seed < first + count; ++seed) {
    sim::begin_watch("seed " + std::to_string(seed));
    const Outcome found = run(draw(static_cast<std::uint64_t>(seed)), only, false);
    if (!found.breach) continue;
    std::cout << "seed " << seed << ": " << text_of(*found.breach, found.at) << std::endl;
    return 1;
  }
  return 0;
}

int one(const Plot& plot, const Words& words) {
  sim::begin_watch("plot");
  const Outcome outcome = run(plot, words.only, words.trace);
  std::fflush(stdout);
  print(outcome.statistics, 1);
  if (!outcome.breach) return 0;
  std::cout << text_of(*outcome.breach, outcome.at) << std::endl;
  return 1;
}

int from_file(const std::string& name, const Words& words) {
  std::ifstream file(name);
  std::stringstream text;
  text << file.rdbuf();
  const auto plot = parse_plot(text.str());
  if (!file || !plot) {
    std::cerr << name << ": " << (file ? plot.error().message : "cannot be read") << "\n";
    return 2;
  }
  return one(*plot, words);
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
  long long number = 0;
  long long count = 0;
  if (word(0) == "file") return from_file(word(1), words);
  if (parse_integer(word(1), 0, 1000000000000, number)) {
    if (parse_integer(word(2), 1, 1000000000, count)) {
      if (word(0) == "seeds") return seeds(number, count, words.keep);
      if (word(0) == "find") return find(number, count, words.only);
    }
    const Plot plot = draw(static_cast<std::uint64_t>(number));
    if (word(0) == "seed") return one(plot, words);
    if (word(0) == "print") {
      std::cout << to_text(plot);
      return 0;
    }
  }
  std::cerr << "usage: sim_controller seeds FIRST COUNT [keep=FOLDER] | find FIRST COUNT [only=PROMISES] | "
               "file NAME [trace] [only=...] | seed NUMBER [trace] [only=...] | print NUMBER\n";
  return 2;
}
