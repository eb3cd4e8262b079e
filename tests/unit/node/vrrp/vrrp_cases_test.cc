#include <gtest/gtest.h>

#include "lib/base/overloaded.h"
#include "node/vrrp/admission.h"
#include "node/vrrp/machine.h"
#include "support/case_file.h"
#include "support/hex.h"
#include "support/vrrp_packet.h"

// tests/cases/vrrp/machine/*.case: one virtual router, packets and time in, effects out. Vocabulary:
//   router KEY=VALUE...   what it is told to be; later: what changes. version priority interval preempt delay
//                         primary vrid password peers (ADDRESS/TTL,...) first-address=any
//   at T startup | shutdown | interface-lost | fence-expired | warm | router KEY=VALUE... | end
//   at T hear KEY=VALUE...   a packet that is right but for what is said: priority interval from to ttl vrid
//                            version type addresses checksum (RFC5798, wrong) password auth count tail
//                            reserve stranger; every=SPAN until=T: again and again
//   at T bytes HEX...        a whole message, from= to= ttl=
// Of each step one line: the time, its effects, "->" and what changed. A packet counts before a timer that is
// due at the same time (vrrp.md 4).
namespace fairlead::vrrp {
namespace {

using namespace test;
namespace fs = std::filesystem;

fs::path cases_folder() { return fs::path(FAIRLEAD_TREE) / "tests/cases/vrrp/machine"; }

class Case {
 public:
  std::vector<std::string> run(const std::string& line) {
    lines_.clear();
    Words words(line);
    const std::string first = words.next();
    if (first == "router") {
      configure(words);
    } else if (first == "at") {
      const TimePoint at{span_of(words.next())};
      pass_before(at);
      happen(words);
      pass_to(at);
    } else {
      throw std::runtime_error("not understood: " + line);
    }
    words.finish();
    return std::move(lines_);
  }

 private:
  void configure(Words& words) {
    Expected& expected = listener_.routers[vrid_];
    if (const auto value = words.value("version")) {
      config_.version = expected.version = static_cast<Version>(std::stoi(*value));
    }
    if (const auto value = words.value("vrid")) {
      auto entry = listener_.routers.extract(vrid_);
      vrid_ = VirtualRouterId(static_cast<std::uint8_t>(std::stoi(*value)));
      entry.key() = vrid_;
      listener_.routers.insert(std::move(entry));
    }
    Expected& router = listener_.routers[vrid_];
    if (const auto value = words.value("priority")) config_.priority = priority_of(*value);
    if (const auto value = words.value("interval")) config_.advertisement_interval = interval_of(*value);
    if (const auto value = words.value("preempt")) config_.preempt = *value != "no";
    if (const auto value = words.value("delay")) config_.preempt_delay = span_of(*value);
    if (const auto value = words.value("primary")) config_.primary = address_of(*value);
    if (const auto value = words.value("password")) router.password = make_password(*value);
    if (const auto value = words.value("first-address")) router.strict_v6_first_address = *value != "any";
    if (const auto value = words.value("peers")) {
      router.peers.emplace();
      for (const auto& peer : parts_of(*value)) {
        const auto slash = peer.find('/');
        (*router.peers)[address_of(peer.substr(0, slash))] = std::stoi(peer.substr(slash + 1));
      }
    }
    router.interval = config_.advertisement_interval;
    listener_.own_addresses = {config_.primary};
  }

  void happen(Words& words) {
    const std::string what = words.next();
    if (what == "startup") return deliver(Startup{});
    if (what == "shutdown") return deliver(Shutdown{});
    if (what == "interface-lost") return deliver(InterfaceLost{});
    if (what == "fence-expired") return deliver(FenceExpired{});
    if (what == "hear") return hear(words);
    if (what == "bytes") return hear_bytes(words);
    if (what == "end") return;
    const RouterConfig before = config_;
    if (what == "router") {
      configure(words);
    } else if (what == "warm") {
      config_.warm_since = now_;
    } else {
      throw std::runtime_error("not understood: " + what);
    }
    deliver(Reconfigured{before});
  }

  void hear(Words& words) {
    const auto every = words.value("every");
    const auto until = words.value("until");
    const bool stranger = words.flag("stranger");
    const auto [endpoints, ttl] = header_of(words);
    const net::Bytes message = message_of(words, endpoints);
    receive(endpoints, ttl, message, stranger);
    if (!every) return;
    for (TimePoint next = now_ + span_of(*every); next <= TimePoint(span_of(*until));
         next += span_of(*every)) {
      pass_before(next);
      receive(endpoints, ttl, message, stranger);
    }
  }

  void hear_bytes(Words& words) {
    const auto [endpoints, ttl] = header_of(words);
    std::string text;
    while (!words.empty()) text += words.next();
    receive(endpoints, ttl, hex(text), false);
  }

  std::pair<Endpoints, std::optional<int>> header_of(Words& words) const {
    const bool v4 = config_.primary.is_v4();
    Endpoints out{address_of(words.value("from").value_or(v4 ? "192.0.2.9" : "fe80::9")),
                  multicast_group(config_.primary.family())};
    if (const auto value = words.value("to")) out.destination = address_of(*value);
    const std::string ttl = words.value("ttl").value_or("255");
    if (ttl == "none") return {out, std::nullopt};
    return {out, std::stoi(ttl)};
  }

  net::Bytes message_of(Words& words, const Endpoints& endpoints) {
    const bool v4 = config_.primary.is_v4();
    Form form{config_.version, ChecksumForm::kRfc9568, listener_.routers[vrid_].password};
    if (const auto value = words.value("version")) form.version = static_cast<Version>(std::stoi(*value));
    const std::string checksum = words.value("checksum").value_or("");
    if (checksum == "RFC5798") form.checksum = ChecksumForm::kRfc5798;
    if (const auto value = words.value("password")) form.password = make_password(*value);
    Advertisement value{vrid_, Priority(100), config_.advertisement_interval, {}};
    if (const auto text = words.value("vrid")) value.virtual_router_id = VirtualRouterId(number_of(*text));
    if (const auto text = words.value("priority")) value.priority = priority_of(*text);
    if (const auto text = words.value("interval")) value.max_advertise_interval = interval_of(*text);
    const char* const usual = v4 ? "192.0.2.100" : "fe80::100,2001:db8::100";
    for (const auto& address : parts_of(words.value("addresses").value_or(usual))) {
      value.addresses.push_back(address_of(address));
    }
    net::Bytes out = encode(value, form, endpoints);
    if (const auto text = words.value("type"))
      out[0] = static_cast<std::uint8_t>((out[0] & 0xf0) | number_of(*text));
    if (const auto text = words.value("count")) out[3] = number_of(*text);
    if (const auto text = words.value("auth")) out[4] = number_of(*text);
    if (const auto text = words.value("reserve"))
      out[4] = static_cast<std::uint8_t>(out[4] | number_of(*text) << 4);
    const bool pseudo = !v4 || form.checksum == ChecksumForm::kRfc5798;
    const auto tail = static_cast<std::size_t>(std::stoi(words.value("tail").value_or("0")));
    if (!v4) out.resize(out.size() + tail, 0x5a);
    out = summed(out, pseudo ? pseudo_header_sum(endpoints, out.size()) : std::uint16_t{0});
    if (v4) out.resize(out.size() + tail, 0x5a);
    if (checksum == "wrong") out[7] = static_cast<std::uint8_t>(out[7] ^ 1);
    return out;
  }

  void receive(const Endpoints& endpoints, std::optional<int> ttl, const net::Bytes& message, bool stranger) {
    const Admission admission = endpoints.source.is_v4()
                                    ? admit(listener_, ipv4_packet(endpoints, ttl.value_or(0), message))
                                    : admit(listener_, Ipv6Message{endpoints, ttl, message});
    std::visit(Overloaded{
                   [&](const Accepted& heard) {
                     if (heard.trailing_bytes > 0)
                       say(std::to_string(heard.trailing_bytes) + " bytes after it");
                     deliver(AdvertReceived{heard.advert.priority, heard.advert.max_advertise_interval,
                                            heard.sender, stranger});
                   },
                   [&](const Rejected& heard) { say("rejected: " + std::string(to_string(heard.reason))); },
                   [&](const Foreign& heard) {
                     say("foreign: VRID " + std::to_string(heard.virtual_router_id.value()) + " from " +
                         to_string(heard.sender));
                   },
               },
               admission);
  }

  // Timers that are due before `at`, and those due by then.
  void pass_before(TimePoint at) {
    for (auto due = next_deadline(state_); due && *due < at; due = next_deadline(state_)) {
      now_ = std::max(now_, *due);
      deliver(TimePassed{});
    }
    now_ = std::max(now_, at);
  }
  void pass_to(TimePoint at) {
    pass_before(at);
    deliver(TimePassed{});
  }

  void deliver(const Event& event) {
    const Step next = step(config_, state_, event, now_);
    std::string text;
    for (const Effect& effect : next.effects) text += (text.empty() ? "" : ", ") + text_of(effect);
    const std::string change = change_text(next);
    state_ = next.next;
    if (!change.empty()) text += (text.empty() ? "-> " : " -> ") + change;
    if (!text.empty()) say(text);
  }

  static std::string text_of(const Effect& effect) {
    return std::visit(
        Overloaded{
            [](const SendAdvert& send) { return "send " + std::to_string(send.priority.value()); },
            [](const HoldAddresses&) { return std::string("hold"); },
            [](const RenewAddresses&) { return std::string("renew"); },
            [](const ReleaseAddresses&) { return std::string("release"); },
            [](const RepeatAnnouncement&) { return std::string("announce again"); },
        },
        effect);
  }

  // "Backup by Startup, until 3.609375"; of a state that stays, what moved in it.
  std::string change_text(const Step& next) const {
    std::string out;
    if (next.reason) out = name_of(next.next) + " by " + std::string(to_string(*next.reason));
    const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
    const auto due = next_deadline(next.next);
    if (due && due != next_deadline(state_)) add("until " + seconds_text(due->time_since_epoch()));
    const auto* backup = std::get_if<Backup>(&next.next);
    if (backup == nullptr) return out;
    const auto* was = std::get_if<Backup>(&state_);
    if (backup->learned_interval != (was == nullptr ? std::nullopt : was->learned_interval)) {
      add("learned " + std::to_string(backup->learned_interval.value_or(Centiseconds(0)).count()) + " cs");
    }
    if (backup->expectation != (was == nullptr ? Reason::kMasterDown : was->expectation)) {
      add("then " + std::string(to_string(backup->expectation)));
    }
    return out;
  }
  static std::string name_of(const State& state) {
    return std::visit(
        Overloaded{[](const Initialize&) { return "Initialize"; }, [](const Backup&) { return "Backup"; },
                   [](const Active&) { return "Active"; }},
        state);
  }

  void say(const std::string& text) { lines_.push_back(seconds_text(now_.time_since_epoch()) + "  " + text); }
  static std::uint8_t number_of(const std::string& text) {
    return static_cast<std::uint8_t>(std::stoi(text));
  }
  static Priority priority_of(const std::string& text) { return Priority(number_of(text)); }
  static Centiseconds interval_of(const std::string& text) {
    return std::chrono::duration_cast<Centiseconds>(span_of(text));
  }

  static RouterConfig multicast_at(const net::IpAddress& primary) {
    RouterConfig out;
    out.primary = primary;
    return out;
  }

  VirtualRouterId vrid_{51};
  RouterConfig config_ = multicast_at(net::IpAddress::v4({192, 0, 2, 10}));
  Listener listener_;
  State state_ = Initialize{};
  TimePoint now_{};
  std::vector<std::string> lines_;
};

class VrrpMachineCase : public ::testing::TestWithParam<std::string> {};

TEST_P(VrrpMachineCase, HappensAsWritten) {
  Case one;
  expect_case(cases_folder() / (GetParam() + ".case"),
              [&](const std::string& line) { return one.run(line); });
}

INSTANTIATE_TEST_SUITE_P(Cases, VrrpMachineCase, ::testing::ValuesIn(case_names(cases_folder())),
                         [](const auto& about) { return test_name(about.param); });

}  // namespace
}  // namespace fairlead::vrrp
