#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/agent/last_turn.h"
#include "node/agent/virtual_routers.h"
#include "support/vrrp_world.h"

// The vrrp thread over a VrrpWorld: interface 2 "eth1" with 192.0.2.1, and a group on it.
namespace fairlead::test {

inline net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

using Journal = std::vector<std::string>;

// VRID 51, priority 200, 250 ms; the best other member has 150: ADI 0.804 s, ADI_min 0.853 s.
inline plan::GroupPlan group_plan() {
  plan::GroupPlan out;
  out.name = "a";
  out.version = {"uid-a", 1, 1};
  out.virtual_router_id = vrrp::VirtualRouterId(51);
  out.interface = "eth1";
  out.priority = vrrp::Priority(200);
  out.advertise_interval = vrrp::Centiseconds(25);
  out.addresses = {ip("192.0.2.100"), ip("192.0.2.101")};
  out.min_active_down_interval =
      vrrp::active_down_interval(vrrp::Version::k3, vrrp::Priority(150), out.advertise_interval);
  return out;
}
// The plan of the next generation, in which the best other member has that priority.
inline plan::GroupPlan with_rival(plan::GroupPlan plan, int priority) {
  plan.min_active_down_interval = vrrp::active_down_interval(
      vrrp::Version::k3, vrrp::Priority(static_cast<std::uint8_t>(priority)), plan.advertise_interval);
  ++plan.version.generation;
  return plan;
}
inline plan::GroupPlan with_interval(plan::GroupPlan plan, int centiseconds) {
  plan.advertise_interval = vrrp::Centiseconds(centiseconds);
  return with_rival(std::move(plan), 150);
}
inline plan::GroupPlan with_addresses(plan::GroupPlan plan, std::set<net::IpAddress> addresses) {
  plan.addresses = std::move(addresses);
  ++plan.version.generation;
  return plan;
}

struct VrrpThread {
  explicit VrrpThread(std::set<net::IpAddress> left_over) {
    world.add_interface(2, "eth1", ip("192.0.2.1"));
    for (const auto& address : left_over) {
      world.interfaces[2].addresses.push_back({{address, 32}, true, false, true, false, true});
    }
    agent::VirtualRouterPorts ports;
    ports.clock = std::make_unique<FakeClock>(world);
    ports.addresses = std::make_unique<FakeAddresses>(world);
    auto the_network = std::make_unique<FakeNetwork>(world);
    auto the_adverts = std::make_unique<FakeAdverts>(world);
    network = the_network.get();
    adverts = the_adverts.get();
    ports.network = std::move(the_network);
    ports.adverts = std::move(the_adverts);
    ports.announcer = std::make_unique<FakeAnnouncer>(world);
    ports.turned = [this](TimePoint began) { last_turn.note(began); };
    routers =
        std::make_unique<agent::VirtualRouters>(std::move(ports), metrics, [this](agent::VrrpReport report) {
          world.note("report " + std::to_string(report.sequence) + " held " +
                     std::to_string(report.held.size()));
          reports.push_back(std::move(report));
        });
  }
  VrrpThread() : VrrpThread(std::set<net::IpAddress>{}) {}

  void order(const std::vector<plan::GroupPlan>& groups) {
    agent::VrrpOrder out;
    out.sequence = ++sequence;
    for (const auto& group : groups) out.groups.emplace(group.name, group);
    routers->order(std::move(out));
  }
  void ready(const std::set<net::IpAddress>& addresses) {
    agent::ForwardingReport report;
    report.sequence = sequence;
    report.ready = addresses;
    routers->forwarding(std::move(report));
  }
  // Orders the group, and says that its addresses are ready.
  void run(const plan::GroupPlan& group) {
    order({group});
    auto all = group.addresses;
    all.insert(group.excluded.begin(), group.excluded.end());
    ready(all);
  }
  // Runs the group, and lets it become Active and announce its three rounds.
  void become_active(const plan::GroupPlan& group) {
    run(group);
    world.pass(Seconds(8));
    (void)world.take_journal();
  }
  // Another router's advert with that priority arrives.
  void hear(int priority) {
    const auto group = group_plan();
    world.receive(2, ip("192.0.2.9"),
                  {vrrp::VirtualRouterId(51),
                   vrrp::Priority(static_cast<std::uint8_t>(priority)),
                   vrrp::Centiseconds(25),
                   {group.addresses.begin(), group.addresses.end()}});
    adverts->tell();
  }
  // An advert for VRID 51 that lists other addresses arrives from there.
  void hear_from(std::string_view sender, int priority, const std::vector<net::IpAddress>& addresses) {
    world.receive(2, ip(sender),
                  {vrrp::VirtualRouterId(51), vrrp::Priority(static_cast<std::uint8_t>(priority)),
                   vrrp::Centiseconds(25), addresses});
    adverts->tell();
  }
  // The other one advertises every 250 ms for so long.
  void hear_for(int priority, Microseconds span) {
    for (Microseconds at{0}; at < span; at += Milliseconds(250)) {
      hear(priority);
      world.pass(Milliseconds(250));
    }
  }
  // The message of the group's condition of that type; empty if there is none.
  std::string condition(std::string_view type) const {
    for (const auto& problem : group().problems) {
      if (problem.type == type) return problem.message;
    }
    return "";
  }
  // The value of a series, as /metrics shows it; nothing if there is none.
  std::optional<double> metric(const std::string& series) const {
    const std::string text = "\n" + metrics.render();
    const auto at = text.find("\n" + series + " ");
    if (at == std::string::npos) return std::nullopt;
    return std::stod(text.substr(at + series.size() + 2));
  }
  const agent::GroupReport& group() const { return reports.back().groups.at("a"); }
  api::MemberState state() const { return group().state; }
  // The lines of the journal but the reports, or those that begin so.
  Journal writes() {
    return filtered([](const std::string& line) { return !line.starts_with("report "); });
  }
  Journal lines(const std::string& beginning) {
    return filtered([&](const std::string& line) { return line.starts_with(beginning); });
  }
  // How many adverts leave in that time.
  std::size_t adverts_within(Microseconds span) {
    (void)world.take_journal();
    world.pass(span);
    return lines("advert ").size();
  }
  template <class Wanted>
  Journal filtered(const Wanted& wanted) {
    Journal out;
    for (const auto& line : world.journal) {
      if (wanted(line)) out.push_back(line);
    }
    return out;
  }

  VrrpWorld world;
  sys::Metrics metrics;
  std::vector<agent::VrrpReport> reports;
  agent::LastTurn last_turn;
  FakeNetwork* network = nullptr;
  FakeAdverts* adverts = nullptr;
  std::unique_ptr<agent::VirtualRouters> routers;
  std::uint64_t sequence = 0;
};

}  // namespace fairlead::test

// What the tests of the vrrp thread, in this namespace, all speak of.
namespace fairlead::agent {

using test::group_plan;
using test::ip;
using test::Journal;
using test::VrrpThread;

// The addresses of group_plan(), and one that it does not have.
inline const net::IpAddress kA = ip("192.0.2.100");
inline const net::IpAddress kB = ip("192.0.2.101");
inline const net::IpAddress kC = ip("192.0.2.102");

// The types of its conditions, in order.
inline std::vector<std::string> problems(const GroupReport& report) {
  std::vector<std::string> out;
  for (const auto& problem : report.problems) out.push_back(problem.type);
  return out;
}

}  // namespace fairlead::agent
