#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "node/agent/forwarding_table.h"
#include "unit/node/agent/forwarding_fixture.h"
#include "unit/node/agent/own_order.h"

// Orders of many virtual servers, and an IPVS table that counts what they cost.
namespace fairlead::agent::testing {

inline plan::VirtualServerKey key(int number) {
  return {kVip, net::Protocol::kTcp, net::Port(static_cast<std::uint16_t>(1000 + number))};
}
inline net::Endpoint real(int host) {
  return {net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(host)}), net::Port(8080)};
}

// So many virtual servers, each with the same real servers.
inline OwnOrder order_of(int services, int servers) {
  OwnOrder order;
  for (int i = 0; i < services; ++i) {
    plan::VirtualServerPlan& server = order.servers[key(i)];
    server.scheduler = api::Scheduler::kRr;
    for (int host = 1; host <= servers; ++host) server.reals.insert({real(host), {api::Weight(1)}});
  }
  return order;
}

inline std::set<ipvs::Key> keys_of(const OwnOrder& order) {
  std::set<ipvs::Key> keys;
  for (const auto& [key, server] : order.servers) keys.insert(key);
  return keys;
}

// A table in memory that counts what it is asked, says of what is not there or is there already what the
// kernel says, and on whose clock dumps and new servers take their time.
class CountingIpvs : public FakeIpvs {
 public:
  CountingIpvs(Journal& journal, TimePoint& now) : FakeIpvs(journal), now_(now) {}
  Result<std::map<ipvs::Key, ipvs::Service>> services() override {
    ++dumps;
    now_ += dump_time;
    if (const auto error = unread()) return *error;
    return FakeIpvs::services();
  }
  Result<std::optional<ipvs::Service>> service(const ipvs::Key& key) override {
    ++questions;
    if (const auto error = unread()) return *error;
    return FakeIpvs::service(key);
  }
  Result<ipvs::SeenDestinations> destinations(const ipvs::Key& key) override {
    ++reads;
    if (const auto error = unread()) return *error;
    return FakeIpvs::destinations(key);
  }
  std::vector<Result<>> apply(const std::vector<ipvs::Change>& changes) override {
    std::vector<Result<>> results;
    for (const ipvs::Change& change : changes) {
      if (std::holds_alternative<ipvs::AddDestination>(change)) now_ += addition;
      std::optional<Error> error = meddles ? meddles(change) : std::nullopt;
      if (!error) error = refusal(change);
      results.push_back(error ? Result<>(*error) : FakeIpvs::apply({change}).front());
      if (loses && loses())
        results.back() = fail(Code::kUnavailable, ipvs::to_string(change) + ": no answer");
    }
    return results;
  }

  int dumps = 0;
  int questions = 0;
  int reads = 0;
  Microseconds addition{0};
  Microseconds dump_time{0};
  // Comes before each change; with an error the kernel gives that and does nothing.
  std::function<std::optional<Error>(const ipvs::Change&)> meddles;
  // Comes after each change; true: its answer is lost.
  std::function<bool()> loses;
  // Comes before each read; with an error the kernel gives that.
  std::function<std::optional<Error>()> hides;

 protected:
  void pass_time(Microseconds time) { now_ += time; }

 private:
  std::optional<Error> unread() const { return hides ? hides() : std::nullopt; }
  // datapath.md 4: ESRCH, ENOENT, EEXIST.
  std::optional<Error> refusal(const ipvs::Change& change) const {
    const auto entry = table.find(ipvs::key_of(change));
    const auto has = [&](const net::Endpoint& endpoint) {
      return entry->second.destinations.contains(endpoint);
    };
    const Error not_there = fail(Code::kNotFound, ipvs::to_string(change) + ": ESRCH");
    if (std::holds_alternative<ipvs::SetService>(change) && entry == table.end()) return not_there;
    if (const auto* added = std::get_if<ipvs::AddDestination>(&change)) {
      if (entry == table.end()) return not_there;
      if (has(added->endpoint)) return fail(Code::kConflict, ipvs::to_string(change) + ": EEXIST");
    }
    if (const auto* set = std::get_if<ipvs::SetDestination>(&change)) {
      if (entry == table.end() || !has(set->endpoint)) return not_there;
    }
    return std::nullopt;
  }

  TimePoint& now_;
};

}  // namespace fairlead::agent::testing
