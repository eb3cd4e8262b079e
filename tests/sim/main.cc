// sim: runs simulated segments and judges them (program.h).
#include <memory>
#include <utility>

#include "sim/program.h"
#include "sim/shrink.h"
#include "sim/world.h"

namespace {

using namespace fairlead;

class Segments : public sim::Simulation {
 public:
  std::string draw(std::uint64_t seed) const override { return to_text(sim::draw(seed)); }
  Result<> check(const std::string& scenario) const override {
    const auto read = sim::parse_scenario(scenario);
    if (!read) return read.error();
    return Done{};
  }
  std::optional<sim::Broken> play(const std::string& scenario, const sim::Judged& judged,
                                  bool trace) override {
    const auto outcome =
        sim::run(*sim::parse_scenario(scenario), *metrics_, judged, trace ? stdout : nullptr);
    last_ = outcome.statistics;
    if (!outcome.violation) return std::nullopt;
    const auto& [promise, what, at] = *outcome.violation;
    return sim::Broken{promise, what, at - TimePoint(Seconds(1000))};
  }
  std::string shrink(const std::string& scenario,
                     const std::function<bool(const std::string&)>& fails) const override {
    return to_text(sim::shrink(*sim::parse_scenario(scenario),
                               [&](const auto& smaller) { return fails(to_text(smaller)); }));
  }
  void count() override { sum_.add(std::exchange(last_, {})); }
  std::string counts() const override;

 private:
  std::unique_ptr<sim::NodeMetrics> metrics_ = std::make_unique<sim::NodeMetrics>();
  sim::Statistics last_;
  sim::Statistics sum_;
};

std::string Segments::counts() const {
  std::uint64_t faults = 0;
  std::string kinds;
  for (const auto& [kind, count] : sum_.faults) {
    faults += count;
    kinds += " " + std::string(to_string(kind)) + "=" + std::to_string(count);
  }
  return "virtual-seconds " + std::to_string(sum_.time.count() / 1000000) + " steps " +
         std::to_string(sum_.steps) + " adverts " + std::to_string(sum_.adverts) + " transitions " +
         std::to_string(sum_.transitions) + " checks " + std::to_string(sum_.checks) + " faults " +
         std::to_string(faults) + "\nfaults:" + kinds;
}

}  // namespace

int main(int argc, char** argv) {
  Segments segments;
  return sim::run_program(segments, "sim", argc, argv);
}
