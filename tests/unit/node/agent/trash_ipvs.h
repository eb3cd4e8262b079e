#pragma once

#include <algorithm>
#include <list>
#include <utility>
#include <vector>

#include "unit/node/agent/counting_ipvs.h"

// An IPVS table with the kernel's list of deleted destinations (libraries.md 2, "dest trash"): each new one
// is looked for in it from the youngest on, and taken out if it is there.
namespace fairlead::agent::testing {

class TrashIpvs : public CountingIpvs {
 public:
  using CountingIpvs::CountingIpvs;

  // Services in buckets by the last digits of their ports, in each the youngest first.
  Result<std::vector<ipvs::Key>> order() override {
    ++orders;
    return listed();
  }
  std::vector<Result<>> apply(const std::vector<ipvs::Change>& changes) override {
    std::vector<Result<>> results;
    for (const ipvs::Change& change : changes) {
      if (const auto* added = std::get_if<ipvs::AddDestination>(&change))
        look_for({added->key, added->endpoint});
      results.push_back(CountingIpvs::apply({change}).front());
      if (!results.back()) continue;
      if (const auto* service = std::get_if<ipvs::AddService>(&change)) ages_.push_back(service->key);
      if (const auto server = ipvs::server_of(change); server && adds(change)) servers_.push_back(*server);
    }
    return results;
  }
  // What `ipvsadm -C` does: service by service as listed, of each the youngest destination first.
  void flush() { delete_services(listed()); }
  void delete_services(const std::vector<ipvs::Key>& keys) {
    for (const ipvs::Key& key : keys) {
      for (auto one = servers_.rbegin(); one != servers_.rend(); ++one) {
        if (one->key == key) trash_.push_front(*one);
      }
      std::erase_if(servers_, [&](const ipvs::Server& one) { return one.key == key; });
      std::erase(ages_, key);
      table.erase(key);
    }
  }

  int orders = 0;
  Microseconds step{1};  // from one in the list to the next

 private:
  static bool adds(const ipvs::Change& change) {
    return std::holds_alternative<ipvs::AddDestination>(change);
  }
  std::vector<ipvs::Key> listed() const {
    std::vector<ipvs::Key> out(ages_.rbegin(), ages_.rend());
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& one, const auto& other) { return bucket(one) < bucket(other); });
    return out;
  }
  static int bucket(const ipvs::Key& key) { return key.port.value() * 7 % 64; }
  void look_for(const ipvs::Server& server) {
    for (auto one = trash_.begin(); one != trash_.end(); ++one) {
      if (*one == server) {
        trash_.erase(one);
        return;
      }
      pass_time(step);
    }
  }

  std::vector<ipvs::Key> ages_;        // of services, the oldest first
  std::vector<ipvs::Server> servers_;  // as they were added
  std::list<ipvs::Server> trash_;
};

}  // namespace fairlead::agent::testing
