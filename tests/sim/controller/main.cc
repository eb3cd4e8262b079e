// sim_controller: runs simulated clusters and judges them (program.h).
#include <utility>

#include "sim/controller/stage.h"
#include "sim/program.h"

namespace {

using namespace fairlead;
using namespace fairlead::sim::cluster;

class Clusters : public sim::Simulation {
 public:
  std::string draw(std::uint64_t seed) const override { return to_text(sim::cluster::draw(seed)); }
  Result<> check(const std::string& scenario) const override {
    const auto read = parse_plot(scenario);
    if (!read) return read.error();
    return Done{};
  }
  std::optional<sim::Broken> play(const std::string& scenario, const sim::Judged& judged,
                                  bool trace) override {
    const Plot plot = *parse_plot(scenario);
    const Outcome outcome = run(plot, judged, trace);
    last_ = outcome.statistics;
    if (!outcome.breach) return std::nullopt;
    return sim::Broken{outcome.breach->promise, outcome.breach->what, outcome.at};
  }
  std::string shrink(const std::string& scenario,
                     const std::function<bool(const std::string&)>& fails) const override {
    return to_text(sim::cluster::shrink(*parse_plot(scenario),
                                        [&](const auto& smaller) { return fails(to_text(smaller)); }));
  }
  void count() override { sum_.add(std::exchange(last_, {})); }
  std::string counts() const override;

 private:
  Statistics last_;
  Statistics sum_;
};

std::string Clusters::counts() const {
  std::uint64_t faults = 0;
  std::string kinds;
  for (const auto& [kind, count] : sum_.events) {
    faults += count;
    kinds += " " + std::string(to_string(kind)) + "=" + std::to_string(count);
  }
  return "virtual-seconds " + std::to_string(sum_.time.count() / 1000000) + " steps " +
         std::to_string(sum_.steps) + " rounds " + std::to_string(sum_.rounds) + " writes " +
         std::to_string(sum_.writes) + " checks " + std::to_string(sum_.checks) + " faults " +
         std::to_string(faults) + "\nfaults:" + kinds + "\nlongest settling " +
         std::to_string(sum_.longest_settling.count() / 1000) + " ms";
}

}  // namespace

int main(int argc, char** argv) {
  Clusters clusters;
  return sim::run_program(clusters, "sim_controller", argc, argv);
}
