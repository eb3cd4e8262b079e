#include <gtest/gtest.h>

#include "support/case_file.h"
#include "support/vrrp_receive.h"
#include "support/vrrp_thread.h"

// tests/cases/vrrp/router/*.case: the whole vrrp thread over a world in memory; what it writes and reports.
// Interface 2 is eth1 with 192.0.2.1 and fe80::1. A group: VRID 51, priority 200, 250 ms, 192.0.2.100 and
// .101, ADI_min 0.853 s. A line is one of:
//
//   group NAME KEY=VALUE...
//       a group of the plan, or what changes of it: family=6 version=2 vrid priority interval preempt delay
//       addresses excluded unicast=PEERS; `at T order` orders the plan
//   at T order | ready ADDRESSES | leaves NAME | link up|down | stop | end
//   at T skip
//       what is written until then is not told, but for states and conditions
//   at T hear NAME KEY=VALUE...
//       an advert for that group: priority from interval addresses; every=SPAN until=T
//   at T junk NAME
//       the same with one bit of its checksum wrong
//   at T removed|taken|found ADDRESS
//       by others: deleted; configured; found on another node by duplicate address detection
//   at T freeze SPAN
//       the daemon does not run, and then does
//   at T sends|releases fail|work, at T refuse ADDRESSES|none
//       what the kernel says
//
// The writes of an instant are one line, each change of a state or condition is another. A packet counts
// before a timer.
namespace fairlead::test {
namespace {

namespace fs = std::filesystem;

fs::path cases_folder() { return fs::path(FAIRLEAD_TREE) / "tests/cases/vrrp/router"; }

std::set<net::IpAddress> addresses_of(const std::string& text) {
  std::set<net::IpAddress> out;
  for (const auto& part : parts_of(text)) out.insert(address_of(part));
  return out;
}

class Case {
 public:
  Case() {
    world().interfaces[2].addresses.push_back({{ip("fe80::1"), 64}, false, true, false, false, false});
    thread_.network->tell();
  }

  std::vector<std::string> run(const std::string& line) {
    lines_.clear();
    Words words(line);
    const std::string first = words.next();
    if (first == "group") {
      change_group(words);
    } else if (first == "at") {
      const TimePoint at = t0_ + span_of(words.next());
      pass_before(at);
      happen(words);
      look();
      pass_to(world().now);
    } else {
      throw std::runtime_error("not understood: " + line);
    }
    words.finish();
    std::vector<std::string> out;
    for (const Line& one : lines_) out.push_back(seconds_text(one.at - t0_) + "  " + one.text);
    return out;
  }

 private:
  VrrpWorld& world() { return thread_.world; }

  void change_group(Words& words) {
    const std::string name = words.next();
    if (!groups_.contains(name)) {
      groups_[name] = group_plan();
      groups_[name].name = name;
      groups_[name].version.uid = "uid-" + name;
    }
    plan::GroupPlan& group = groups_[name];
    const auto number = [](const std::string& text) { return static_cast<std::uint8_t>(std::stoi(text)); };
    if (const auto value = words.value("family")) {
      group.family = *value == "6" ? net::Family::kIPv6 : net::Family::kIPv4;
    }
    if (const auto value = words.value("version")) {
      group.vrrp_version = *value == "2" ? vrrp::Version::k2 : vrrp::Version::k3;
    }
    if (const auto value = words.value("vrid"))
      group.virtual_router_id = vrrp::VirtualRouterId(number(*value));
    if (const auto value = words.value("priority")) group.priority = vrrp::Priority(number(*value));
    if (const auto value = words.value("interval")) {
      group.advertise_interval = std::chrono::duration_cast<vrrp::Centiseconds>(span_of(*value));
    }
    if (const auto value = words.value("preempt")) group.preempt = *value != "no";
    if (const auto value = words.value("delay")) {
      group.preempt_delay = std::chrono::duration_cast<Seconds>(span_of(*value));
    }
    if (const auto value = words.value("addresses")) group.addresses = addresses_of(*value);
    if (const auto value = words.value("excluded")) group.excluded = addresses_of(*value);
    if (const auto value = words.value("unicast")) {
      group.unicast = plan::Unicast{};
      for (const auto& peer : addresses_of(*value)) group.unicast->peers.emplace(peer, vrrp::kTtl);
    }
    group.min_active_down_interval =
        vrrp::active_down_interval(group.vrrp_version, vrrp::Priority(150), group.advertise_interval);
    ++group.version.generation;
  }

  void happen(Words& words) {
    const std::string what = words.next();
    if (what == "skip") std::erase_if(lines_, [](const Line& line) { return line.write; });
    if (what == "order") return order();
    if (what == "ready") return thread_.ready(addresses_of(words.next()));
    if (what == "leaves") {
      groups_.erase(words.next());
      return order();
    }
    if (what == "hear" || what == "junk") return hear(words, what == "junk");
    if (what == "stop") {
      return thread_.routers->stop([this] { say("stopped"); });
    }
    if (what == "freeze") return world().freeze(span_of(words.next()));
    if (what == "link") {
      world().set_link(2, words.next() == "up");
      return thread_.network->tell();
    }
    if (what == "removed") {
      world().remove(2, address_of(words.next()));
      return thread_.network->tell();
    }
    if (what == "taken") {
      const auto address = address_of(words.next());
      world().interfaces[2].addresses.push_back({{address, 32}, false, true, true, false, false});
      return thread_.network->tell();
    }
    if (what == "found") {
      world().fail_detection(2, address_of(words.next()));
      return thread_.network->tell();
    }
    if (what == "sends") world().sends_fail = words.next() == "fail";
    if (what == "releases") world().releases_fail = words.next() == "fail";
    if (what == "refuse") {
      const std::string list = words.next();
      world().unholdable = list == "none" ? std::set<net::IpAddress>{} : addresses_of(list);
    }
    const std::set<std::string> known{"end", "skip", "sends", "releases", "refuse"};
    if (!known.contains(what)) throw std::runtime_error("not understood: " + what);
  }

  void order() {
    std::vector<plan::GroupPlan> groups;
    for (const auto& [name, group] : groups_) groups.push_back(group);
    thread_.order(groups);
  }

  void hear(Words& words, bool spoilt) {
    const plan::GroupPlan& group = groups_.at(words.next());
    vrrp::Advertisement advert{group.virtual_router_id, vrrp::Priority(100), group.advertise_interval, {}};
    if (const auto value = words.value("priority")) {
      advert.priority = vrrp::Priority(static_cast<std::uint8_t>(std::stoi(*value)));
    }
    if (const auto value = words.value("interval")) {
      advert.max_advertise_interval = std::chrono::duration_cast<vrrp::Centiseconds>(span_of(*value));
    }
    const auto listed = words.value("addresses");
    const auto addresses = listed ? addresses_of(*listed) : group.addresses;
    advert.addresses = vrrp::in_advert_order({addresses.begin(), addresses.end()});
    const bool v6 = group.family == net::Family::kIPv6;
    const net::IpAddress from = address_of(words.value("from").value_or(v6 ? "fe80::9" : "192.0.2.9"));
    const vrrp::Endpoints endpoints{
        from, group.unicast ? ip(v6 ? "fe80::1" : "192.0.2.1") : vrrp::multicast_group(group.family)};
    const net::Bytes message =
        vrrp::encode(advert, {group.vrrp_version, group.checksum, group.password}, endpoints);
    const auto every = words.value("every");
    const auto until = words.value("until");
    const TimePoint last = until ? t0_ + span_of(*until) : world().now;
    for (;;) {
      net::Bytes sent = message;
      if (spoilt) sent[7] ^= 1;
      receive(world(), 2, endpoints, sent);
      thread_.adverts->tell();
      look();
      if (!every || world().now + span_of(*every) > last) return;
      pass_before(world().now + span_of(*every));
    }
  }

  // Alarms before `at`, each looked at; then it is `at`.
  void pass_before(TimePoint at) {
    while (world().alarm && *world().alarm < at) {
      world().pass(std::max(Microseconds(0), *world().alarm - world().now));
      look();
    }
    world().now = std::max(world().now, at);
  }
  void pass_to(TimePoint at) {
    pass_before(at);
    world().pass(Microseconds(0));
    look();
  }

  void look() {
    for (const std::string& line : world().take_journal()) {
      if (!line.starts_with("report ")) say_write(line);
    }
    for (; reports_ < thread_.reports.size(); ++reports_) tell(thread_.reports[reports_]);
  }

  // What of a report differs from what was told before.
  void tell(const agent::VrrpReport& report) {
    for (const auto& [name, group] : report.groups) {
      std::string state = std::string(to_string(group.state));
      if (group.last_transition) state += " by " + group.last_transition->reason;
      if (group.last_transition && group.last_transition->outage_ms) {
        state += " after " + std::to_string(*group.last_transition->outage_ms) + " ms";
      }
      tell_change(name, "state", state);
      std::string problems;
      for (const auto& problem : group.problems) {
        if (problem.type != "FenceOverlap") problems += problem.type + ": " + problem.message + "; ";
      }
      tell_change(name, "problem", problems.empty() ? "none" : problems.substr(0, problems.size() - 2));
    }
    for (auto told = told_.begin(); told != told_.end();) {
      const bool gone = !report.groups.contains(told->first.first);
      if (gone && told->first.second == "state") say(told->first.first + " is gone");
      told = gone ? told_.erase(told) : std::next(told);
    }
  }
  void tell_change(const std::string& group, const std::string& what, const std::string& now) {
    const auto [told, first] = told_.try_emplace({group, what}, what == "problem" ? "none" : "");
    if (told->second == now) return;
    told->second = now;
    say(group + (what == "problem" ? ", problem: " : ": ") + now);
  }

  void say(const std::string& text) { lines_.push_back({world().now, text, false}); }
  // There is one interface only: its number says nothing.
  void say_write(const std::string& line) {
    const std::string text = line.ends_with(" on 2") ? line.substr(0, line.size() - 5) : line;
    if (!lines_.empty() && lines_.back().write && lines_.back().at == world().now) {
      lines_.back().text += "; " + text;
    } else {
      lines_.push_back({world().now, text, true});
    }
  }

  struct Line {
    TimePoint at;
    std::string text;
    bool write = false;
  };

  VrrpThread thread_;
  TimePoint t0_ = thread_.world.now;
  std::map<std::string, plan::GroupPlan> groups_;
  std::map<std::pair<std::string, std::string>, std::string> told_;
  std::size_t reports_ = 0;
  std::vector<Line> lines_;
};

class VrrpRouterCase : public ::testing::TestWithParam<std::string> {};

TEST_P(VrrpRouterCase, HappensAsWritten) {
  Case one;
  expect_case(cases_folder() / (GetParam() + ".case"),
              [&](const std::string& line) { return one.run(line); });
}

INSTANTIATE_TEST_SUITE_P(Cases, VrrpRouterCase, ::testing::ValuesIn(case_names(cases_folder())),
                         [](const auto& about) { return test_name(about.param); });

}  // namespace
}  // namespace fairlead::test
