#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "node/probe/prober.h"

namespace fairlead::test {

// Attempts that end when the test says how.
class FakeProber : public probe::Prober {
 public:
  std::unique_ptr<probe::Probe> start(const health::CheckKey& key,
                                      std::function<void(const health::Outcome&)> done) override {
    started.push_back(key);
    running[key] = std::move(done);
    return std::make_unique<Attempt>(*this, key);
  }
  // Ends the attempt of this check.
  void answer(const health::CheckKey& key, const health::Outcome& outcome) {
    const auto done = running.at(key);
    done(outcome);
  }

  std::vector<health::CheckKey> started;
  std::map<health::CheckKey, std::function<void(const health::Outcome&)>> running;

 private:
  class Attempt : public probe::Probe {
   public:
    Attempt(FakeProber& prober, health::CheckKey key) : prober_(prober), key_(std::move(key)) {}
    ~Attempt() override { prober_.running.erase(key_); }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

   private:
    FakeProber& prober_;
    health::CheckKey key_;
  };
};

}  // namespace fairlead::test
