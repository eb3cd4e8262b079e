#include "sim/program.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

#include "lib/base/text.h"
#include "sim/watchdog.h"

namespace fairlead::sim {
namespace {

constexpr int kMostKept = 3;
constexpr long long kMostSeed = 1000000000000;

// What was asked for beside the numbers.
struct Words {
  bool trace = false;
  std::string keep;
  Judged only;
};

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

std::string text_of(const Broken& broken) {
  return broken.promise + " at " + std::to_string(broken.at.count() / 1000) + " ms: " + broken.what;
}

std::string seed_name(long long seed) { return "seed " + std::to_string(seed); }

std::string drawn(const Simulation& simulation, long long seed) {
  return simulation.draw(static_cast<std::uint64_t>(seed));
}

std::optional<Broken> play(Simulation& simulation, const std::string& name, const std::string& scenario,
                           const Judged& only) {
  begin_watch(name);
  return simulation.play(scenario, only, false);
}

void print(const Simulation& simulation, long long played) {
  std::cout << "scenarios " << played << " " << simulation.counts() << std::endl;
}

void keep_smaller(Simulation& simulation, const std::string& scenario, const Broken& broken,
                  const std::string& name) {
  const Judged same{broken.promise};
  const auto again = [&](const std::string& smaller) { return play(simulation, name, smaller, same); };
  const std::string smallest =
      simulation.shrink(scenario, [&](const std::string& smaller) { return again(smaller).has_value(); });
  const std::string why = text_of(again(smallest).value_or(broken));
  std::cout << "smaller: " << why << "\n" << smallest;
  std::ofstream file(name);
  file << "# " << why << "\n" << smallest;
  file.close();
  std::cout << (file.good() ? "kept as " : "could not be kept as ") << name << std::endl;
}

int seeds(Simulation& simulation, long long first, long long count, const std::string& folder) {
  int failed = 0;
  for (long long seed = first; seed < first + count; ++seed) {
    const std::string scenario = drawn(simulation, seed);
    const auto broken = play(simulation, seed_name(seed), scenario, {});
    simulation.count();
    if (!broken) continue;
    ++failed;
    std::cout << seed_name(seed) << ": " << text_of(*broken) << std::endl;
    if (folder.empty() || failed > kMostKept) continue;
    keep_smaller(simulation, scenario, *broken, folder + "/seed-" + std::to_string(seed) + ".scenario");
  }
  print(simulation, count);
  std::cout << failed << " failed" << std::endl;
  return failed == 0 ? 0 : 1;
}

int find(Simulation& simulation, long long first, long long count, const Judged& only) {
  for (long long seed = first; seed < first + count; ++seed) {
    const auto broken = play(simulation, seed_name(seed), drawn(simulation, seed), only);
    if (!broken) continue;
    std::cout << seed_name(seed) << ": " << text_of(*broken) << std::endl;
    return 1;
  }
  return 0;
}

int one(Simulation& simulation, const std::string& scenario, const Words& words) {
  begin_watch("scenario");
  const auto broken = simulation.play(scenario, words.only, words.trace);
  simulation.count();
  std::fflush(stdout);
  print(simulation, 1);
  if (!broken) return 0;
  std::cout << text_of(*broken) << std::endl;
  return 1;
}

int from_file(Simulation& simulation, const std::string& name, const Words& words) {
  std::ifstream file(name);
  std::stringstream text;
  text << file.rdbuf();
  const auto checked = simulation.check(text.str());
  if (!file || !checked) {
    std::cerr << name << ": " << (file ? checked.error().message : "cannot be read") << "\n";
    return 2;
  }
  return one(simulation, text.str(), words);
}

int shrink_seed(Simulation& simulation, const std::string& scenario, const std::string& name) {
  const auto broken = play(simulation, name, scenario, {});
  if (!broken) return 0;
  keep_smaller(simulation, scenario, *broken, name);
  return 1;
}

int called_wrongly(const std::string& name) {
  std::cerr << "usage: " << name
            << " seeds FIRST COUNT [keep=FOLDER] | find FIRST COUNT [only=PROMISES] | "
               "file NAME [trace] [only=...] | seed NUMBER [trace] [only=...] | shrink NUMBER FILE | "
               "print NUMBER\n";
  return 2;
}

}  // namespace

int run_program(Simulation& simulation, const std::string& name, int argc, char** argv) {
  const std::vector<std::string> given(argv + 1, argv + argc);
  const Words words = words_of(given);
  const auto word = [&](std::size_t i) { return i < given.size() ? given[i] : std::string(); };
  long long number = 0;
  long long count = 0;
  if (word(0) == "file") return from_file(simulation, word(1), words);
  if (!parse_integer(word(1), 0, kMostSeed, number)) return called_wrongly(name);
  if (parse_integer(word(2), 1, 1000000000, count)) {
    if (word(0) == "seeds") return seeds(simulation, number, count, words.keep);
    if (word(0) == "find") return find(simulation, number, count, words.only);
  }
  const std::string scenario = drawn(simulation, number);
  if (word(0) == "seed") return one(simulation, scenario, words);
  if (word(0) == "shrink" && !word(2).empty()) return shrink_seed(simulation, scenario, word(2));
  if (word(0) != "print") return called_wrongly(name);
  std::cout << scenario;
  return 0;
}

}  // namespace fairlead::sim
