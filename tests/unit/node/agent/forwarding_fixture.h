#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/overloaded.h"
#include "node/agent/forwarding.h"
#include "node/agent/forwarding_servers.h"
#include "node/filter/guard_text.h"
#include "support/fake_fence.h"
#include "support/fake_prober.h"

// The forwarding thread over kernel tables in memory.
namespace fairlead::agent::testing {

using Journal = std::vector<std::string>;

// An IPVS table in memory with the kernel's answers.
class FakeIpvs : public kernel::Ipvs {
 public:
  explicit FakeIpvs(Journal& journal) : journal_(journal) {}
  Result<std::map<ipvs::Key, ipvs::Service>> services() override {
    if (broken) return fail(Code::kNotFound, "this kernel has no IPVS");
    std::map<ipvs::Key, ipvs::Service> out;
    for (const auto& [key, entry] : table) out.emplace(key, entry.service);
    return out;
  }
  Result<std::vector<ipvs::Key>> order() override {
    std::vector<ipvs::Key> out;
    for (const auto& [key, entry] : table) out.push_back(key);
    return out;
  }
  Result<std::optional<ipvs::Service>> service(const ipvs::Key& key) override {
    if (broken) return fail(Code::kNotFound, "this kernel has no IPVS");
    const auto found = table.find(key);
    if (found == table.end()) return std::optional<ipvs::Service>();
    return std::optional(found->second.service);
  }
  Result<ipvs::SeenDestinations> destinations(const ipvs::Key& key) override {
    ipvs::SeenDestinations out;
    const auto found = table.find(key);
    if (found == table.end()) return out;
    for (const auto& [endpoint, destination] : found->second.destinations) {
      out.insert({endpoint, {destination, connections[{key, endpoint}]}});
    }
    return out;
  }
  std::vector<Result<>> apply(const std::vector<ipvs::Change>& changes) override {
    std::vector<Result<>> out;
    for (const auto& change : changes) {
      journal_.push_back(ipvs::to_string(change));
      out.push_back(carry_out(change));
    }
    return out;
  }

  ipvs::Table table;
  std::map<ipvs::Server, ipvs::Connections> connections;
  bool broken = false;

 private:
  Result<> carry_out(const ipvs::Change& change) {
    return std::visit(Overloaded{
                          [&](const ipvs::AddService& c) -> Result<> {
                            if (!table.try_emplace(c.key, ipvs::Entry{c.service, {}}).second) {
                              return fail(Code::kConflict, "exists");
                            }
                            return Done{};
                          },
                          [&](const ipvs::SetService& c) -> Result<> {
                            table[c.key].service = c.service;
                            return Done{};
                          },
                          [&](const ipvs::DeleteService& c) -> Result<> {
                            table.erase(c.key);
                            return Done{};
                          },
                          [&](const ipvs::AddDestination& c) -> Result<> {
                            table[c.key].destinations[c.endpoint] = c.destination;
                            return Done{};
                          },
                          [&](const ipvs::SetDestination& c) -> Result<> {
                            table[c.key].destinations[c.endpoint] = c.destination;
                            return Done{};
                          },
                          [&](const ipvs::DeleteDestination& c) -> Result<> {
                            table[c.key].destinations.erase(c.endpoint);
                            return Done{};
                          },
                      },
                      change);
  }
  Journal& journal_;
};

// Takes every text; says "guard opens"/"guard closes" by whether the served port got in or out of it.
class FakeNft : public kernel::Nft {
 public:
  explicit FakeNft(Journal& journal) : journal_(journal) {}
  Result<> apply(const std::string& rules) override {
    ++tries;
    if (refuses) return fail(Code::kInvalid, "nft ended with 1");
    if (hangs) return fail(Code::kUnavailable, "nft: no end after 10000 ms");
    ++generation_;
    texts.push_back(rules);
    there = rules != filter::remove_text();
    journal_.push_back(there ? "guard changed" : "guard removed");
    return Done{};
  }
  Result<kernel::Generation> generation() override { return kernel::Generation(generation_); }
  Result<std::optional<kernel::TableTrace>> trace() override {
    if (!there) return std::optional<kernel::TableTrace>();
    return std::optional(kernel::TableTrace{filter::rule_count(), elements, generation_});
  }
  Result<kernel::NftCounters> counters() override { return counted; }
  std::vector<std::string> texts;
  kernel::NftCounters counted;
  int elements = 0;  // what a trace shows: as many as the guard of the tests has
  bool there = false;
  bool refuses = false;
  bool hangs = false;
  int tries = 0;

 private:
  Journal& journal_;
  std::uint32_t generation_ = 1;
};

class FakeHost : public Host {
 public:
  api::Capabilities capabilities() override { return {true, {"rr", "wlc"}, true, "6.1"}; }
  std::vector<SysctlMismatch> mismatches(const std::set<kernel::NeededBy>& needs) override {
    std::vector<SysctlMismatch> out;
    for (const auto& [need, mismatch] : wrong) {
      if (needs.contains(need)) out.push_back(mismatch);
    }
    return out;
  }
  std::optional<ConntrackUse> conntrack_use() override { return conntrack; }
  std::optional<ConntrackUse> conntrack;
  Result<std::set<net::IpAddress>> addresses() override {
    if (hides_addresses) return fail(Code::kUnavailable, "list the addresses of this host: ENOBUFS");
    return own;
  }
  Result<> forget_connections(const std::set<plan::VirtualServerKey>& keys) override {
    asked_to_take_over.push_back(keys);
    if (keeps_connections) return fail(Code::kDenied, "conntrack: EPERM");
    return Done{};
  }
  std::map<kernel::NeededBy, SysctlMismatch> wrong;
  Result<> forget_servers(const std::set<ipvs::Server>& servers) override {
    ++asked_to_forget;
    if (keeps_connections) return fail(Code::kDenied, "conntrack: EPERM");
    forgotten = servers;
    return Done{};
  }
  std::vector<std::set<plan::VirtualServerKey>> asked_to_take_over;
  std::set<ipvs::Server> forgotten;  // at the last call that worked
  int asked_to_forget = 0;
  bool keeps_connections = false;
  bool hides_addresses = false;
  std::set<net::IpAddress> own{*net::parse_address("192.0.2.1")};
};

inline const net::IpAddress kVip = *net::parse_address("192.0.2.100");
inline const net::IpAddress kOther = *net::parse_address("192.0.2.101");
inline const plan::VirtualServerKey kKey{kVip, net::Protocol::kTcp, net::Port(80)};
inline const plan::VirtualServerKey kSix{*net::parse_address("2001:db8::100"), net::Protocol::kTcp,
                                         net::Port(80)};
inline const net::Endpoint kReal{*net::parse_address("192.0.2.21"), net::Port(8080)};

// The guard of masqueraded virtual servers.
inline filter::Guard guard_of(const std::set<plan::VirtualServerKey>& keys) {
  std::map<plan::VirtualServerKey, filter::Passage> passages;
  for (const auto& key : keys) passages.emplace(key, filter::Passage{});
  return filter::guard(passages);
}

class Forwarding : public ::testing::Test {
 protected:
  Forwarding() {
    ForwardingPorts ports;
    auto ipvs_port = std::make_unique<FakeIpvs>(journal);
    auto nft_port = std::make_unique<FakeNft>(journal);
    nft_port->elements = filter::element_count(guard_of({kKey}));
    ipvs_fake = ipvs_port.get();
    nft_fake = nft_port.get();
    ports.ipvs = std::move(ipvs_port);
    ports.nft = std::move(nft_port);
    auto host_port = std::make_unique<FakeHost>();
    host_fake = host_port.get();
    ports.host = std::move(host_port);
    auto fence_port = std::make_unique<test::FakeFence>();
    fence_fake = fence_port.get();
    ports.fence = std::move(fence_port);
    auto prober_port = std::make_unique<test::FakeProber>();
    prober_fake = prober_port.get();
    ports.prober = std::move(prober_port);
    ports.moved = [this] { ++moves; };
    agent =
        std::make_unique<ForwardingAgent>(loop, metrics, std::move(ports), [this](const ForwardingReport& r) {
          report = r;
          journal.push_back(r.ready.contains(kVip) ? "report: ready" : "report: not ready");
        });
  }

  static ForwardingOrder serving(std::uint64_t sequence) {
    ForwardingOrder order;
    order.sequence = sequence;
    order.vips = {kVip};
    order.virtual_servers[kKey] = {
        "group", api::Forwarding::kNat, api::Scheduler::kRr, {{kReal, {api::Weight(1)}}}};
    return order;
  }
  // The same with a virtual server of IPv6 beside it.
  ForwardingOrder serving_both(std::uint64_t sequence, api::Forwarding of_six) {
    ForwardingOrder order = serving(sequence);
    order.vips.insert(kSix.address);
    order.virtual_servers[kSix] = {"group",
                                   of_six,
                                   api::Scheduler::kRr,
                                   {{*net::parse_endpoint("[2001:db8::21]:80"), {api::Weight(1)}}}};
    nft_fake->elements = filter::element_count(filter::guard({{kKey, {}}, {kSix, {route_of(of_six)}}}));
    return order;
  }
  static std::set<plan::VirtualServerKey> keys_of(const ForwardingOrder& order) {
    std::set<plan::VirtualServerKey> out;
    for (const auto& [key, server] : order.virtual_servers) out.insert(key);
    return out;
  }
  static ForwardingOrder empty(std::uint64_t sequence) {
    ForwardingOrder order;
    order.sequence = sequence;
    return order;
  }
  static VrrpReport vrrp(std::uint64_t sequence, std::set<net::IpAddress> held) {
    VrrpReport out;
    out.sequence = sequence;
    out.held = std::move(held);
    return out;
  }
  // Runs the loop, once in a test, until `done` or for 5 s.
  void run_until(const std::function<bool()>& done) {
    sys::Timer look(loop);
    const TimePoint end = sys::now() + Seconds(5);
    std::function<void()> again = [&] {
      if (done() || sys::now() > end) return loop.stop();
      look.arm(sys::now() + Milliseconds(1), again);
    };
    again();
    loop.run();
  }
  std::ptrdiff_t at(const std::string& line) const {
    return std::find(journal.begin(), journal.end(), line) - journal.begin();
  }
  bool happened(const std::string& line) const {
    return std::find(journal.begin(), journal.end(), line) != journal.end();
  }

  Journal journal;
  sys::Loop loop;
  sys::Metrics metrics;
  FakeIpvs* ipvs_fake = nullptr;
  FakeNft* nft_fake = nullptr;
  FakeHost* host_fake = nullptr;
  test::FakeFence* fence_fake = nullptr;
  test::FakeProber* prober_fake = nullptr;
  ForwardingReport report;
  int moves = 0;
  std::unique_ptr<ForwardingAgent> agent;
};

inline const filter::FencedGroup kFenced{
    {2, net::Family::kIPv4, vrrp::VirtualRouterId(51)}, "eth1", {kVip}, Milliseconds(833)};

}  // namespace fairlead::agent::testing
