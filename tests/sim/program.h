#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace fairlead::sim {

// Only these promises are judged; empty: all.
using Judged = std::set<std::string>;

// A promise that was broken.
struct Broken {
  std::string promise;
  std::string what;
  Microseconds at{0};  // since the beginning
};

// One kind of simulation, as its program sees it: scenarios are texts here.
class Simulation {
 public:
  virtual ~Simulation() = default;

  virtual std::string draw(std::uint64_t seed) const = 0;
  virtual Result<> check(const std::string& scenario) const = 0;
  // The rest REQUIRES: check(scenario).
  virtual std::optional<Broken> play(const std::string& scenario, const Judged& judged, bool trace) = 0;
  // A smaller one that still fails. REQUIRES: fails(scenario).
  virtual std::string shrink(const std::string& scenario,
                             const std::function<bool(const std::string&)>& fails) const = 0;
  // What was played last counts.
  virtual void count() = 0;
  // Of all that counts, beginning with "virtual-seconds N"; a second line begins with "faults:".
  virtual std::string counts() const = 0;
};

// The program:
//
//   NAME seeds FIRST COUNT [keep=FOLDER]   the scenarios of so many seeds; names all that fail; given a
//   folder,
//                                          the first three are made smaller and written there
//   NAME find FIRST COUNT [only=PROMISES]  up to the first that fails; PROMISES, joined by commas, are then
//   all
//                                          that is judged
//   NAME file NAME [trace] [only=...]      the scenario of a file
//   NAME seed NUMBER [trace] [only=...]    the scenario of a seed
//   NAME shrink NUMBER FILE                the scenario of a failing seed, made smaller
//   NAME print NUMBER                      the scenario of a seed as text
//
// Returns 0 if every promise was kept, 1 if one was broken, 2 if it was called wrongly.
int run_program(Simulation& simulation, const std::string& name, int argc, char** argv);

}  // namespace fairlead::sim
