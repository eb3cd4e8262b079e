#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/agent/virtual_router_ports.h"
#include "node/neighbor/advertisement.h"
#include "node/neighbor/arp.h"
#include "node/vrrp/packet.h"

// A world in memory for the vrrp thread: a clock that a test moves, interfaces, a wire and neighbours. Every
// write leaves a line in one journal, so that a test can say what came before what:
//   "hold 192.0.2.100 1s on 2", "release 192.0.2.100 on 2", "advert 51 priority 200", "announce 192.0.2.100",
//   "listen 2", "leave 2"
namespace fairlead::test {

struct VrrpWorld {
  std::vector<std::string> journal;
  TimePoint now{Seconds(1000)};
  Microseconds suspended{0};  // so long the monotonic clock stood still
  std::optional<TimePoint> alarm;
  std::function<void()> on_alarm;

  std::map<int, address::Interface> interfaces;  // what the kernel has
  address::Renewals renewals;                    // what it remembers of an earlier run
  std::vector<wire::Datagram> waiting;           // what was received and not yet read
  std::function<void()> before_send;             // strikes between renewal and advert
  std::function<void()> after_hold;              // strikes in the call that adds or renews, at its end
  std::function<void()> after_drain;             // strikes each time the wire is read
  std::set<net::IpAddress> unholdable;           // refused by the kernel
  bool forgets_tag = false;                      // Linux before 5.18: of IPv6, nothing shows what is ours
  bool releases_fail = false;
  bool sends_fail = false;
  std::set<net::IpAddress> unreachable;  // whoever has no route to them
  bool fence_is_shut = false;            // holds adverts back that obey it, until one opens it
  bool listening_fails = false;
  bool announcements_fail = false;
  bool floods = false;  // every read of the wire finds as much junk as it asks for
  int reads = 0;

  void note(std::string line) { journal.push_back(std::move(line)); }
  std::vector<std::string> take_journal() { return std::exchange(journal, {}); }

  // Moves the clock; the alarm rings on the way as often as it is set.
  void pass(Microseconds span) {
    const TimePoint end = now + span;
    while (alarm && *alarm <= end) {
      now = std::max(now, *alarm);
      alarm.reset();
      on_alarm();
    }
    now = end;
  }
  // The daemon does not run meanwhile.
  void freeze(Microseconds span) {
    now += span;
    if (alarm && *alarm <= now) {
      alarm.reset();
      on_alarm();
    }
  }

  // The link of an interface goes down, or comes up again.
  void set_link(int index, bool up) {
    interfaces[index].up = up;
    ++interfaces[index].carrier_changes;
  }

  void add_interface(int index, const std::string& name, const net::IpAddress& primary) {
    address::Interface out;
    out.index = index;
    out.name = name;
    out.mtu = 1500;
    out.up = true;
    out.addresses.push_back({{primary, 24}, false, true, true, false, false});
    interfaces[index] = std::move(out);
  }
  bool has(int index, const net::IpAddress& address) const {
    const auto interface = interfaces.find(index);
    if (interface == interfaces.end()) return false;
    for (const auto& entry : interface->second.addresses) {
      if (entry.prefix.address == address) return true;
    }
    return false;
  }
  // Duplicate address detection finds it on another node.
  void fail_detection(int index, const net::IpAddress& address) {
    for (auto& entry : interfaces[index].addresses) {
      if (entry.prefix.address == address) entry.tentative = entry.dad_failed = true;
    }
  }
  void remove(int index, const net::IpAddress& address) {
    std::erase_if(interfaces[index].addresses,
                  [&](const auto& entry) { return entry.prefix.address == address; });
  }

  // An advert of another router arrives.
  void receive(int interface, const net::IpAddress& sender, const vrrp::Advertisement& advert) {
    receive(interface, sender, advert, vrrp::Form{});
  }
  void receive(int interface, const net::IpAddress& sender, const vrrp::Advertisement& advert,
               const vrrp::Form& form) {
    const vrrp::Endpoints endpoints{sender, vrrp::multicast_group(net::Family::kIPv4)};
    receive(interface, endpoints, vrrp::encode(advert, form, endpoints));
  }
  void receive(int interface, const vrrp::Endpoints& endpoints, const net::Bytes& message) {
    const auto length = static_cast<std::uint8_t>(20 + message.size());
    net::Bytes packet{0x45, 0xc0, 0, length, 0, 1, 0, 0, 255, 112, 0, 0};
    for (const auto& end : {endpoints.source, endpoints.destination}) {
      const auto bytes = end.bytes();
      packet.insert(packet.end(), bytes.begin(), bytes.end());
    }
    packet.insert(packet.end(), message.begin(), message.end());
    waiting.push_back({{interface, net::Family::kIPv4}, std::move(packet)});
  }
};

class FakeClock : public agent::Clock {
 public:
  explicit FakeClock(VrrpWorld& world) : world_(world) {}
  TimePoint now() override { return world_.now; }
  Microseconds boot_time() override { return world_.now.time_since_epoch() + world_.suspended; }
  WallTime wall() override { return WallTime(world_.now.time_since_epoch()); }
  void wake_at(TimePoint deadline, std::function<void()> task) override {
    world_.alarm = deadline;
    world_.on_alarm = std::move(task);
  }

 private:
  VrrpWorld& world_;
};

// As the kernel: replaces whatever has that address with that prefix, whoever put it there.
class FakeAddresses : public kernel::Addresses {
 public:
  explicit FakeAddresses(VrrpWorld& world) : world_(world) {}
  kernel::Holding hold(int interface, const std::vector<net::IpAddress>& addresses,
                       Seconds lifetime) override {
    kernel::Holding out;
    out.tag_kept = !world_.forgets_tag;
    const std::string rest = " " + std::to_string(lifetime.count()) + "s on " + std::to_string(interface);
    for (const auto& address : addresses) {
      if (!world_.interfaces.contains(interface) || world_.unholdable.contains(address)) {
        out.refused.emplace(address, fail(Code::kUnavailable, "hold " + net::to_string(address)));
        continue;
      }
      world_.note("hold " + net::to_string(address) + rest);
      out.held.push_back(address);
      if (!world_.has(interface, address)) out.created.push_back(address);
      world_.remove(interface, address);
      const bool ours = address.is_v4() || !world_.forgets_tag;
      world_.interfaces[interface].addresses.push_back(
          {{address, address.bits()}, ours, false, true, false, true});
    }
    if (world_.after_hold) world_.after_hold();
    return out;
  }
  Result<> release(int interface, const std::vector<net::IpAddress>& addresses) override {
    if (world_.releases_fail) return fail(Code::kUnavailable, "release: no answer");
    for (const auto& address : addresses) {
      if (!world_.has(interface, address)) continue;
      world_.note("release " + net::to_string(address) + " on " + std::to_string(interface));
      world_.remove(interface, address);
    }
    return Done{};
  }

 private:
  VrrpWorld& world_;
};

class FakeNetwork : public kernel::Network {
 public:
  explicit FakeNetwork(VrrpWorld& world) : world_(world), view_(world.interfaces) {}
  void on_news(std::function<void()> wake) override { wake_ = std::move(wake); }
  bool update() override {
    const bool changed = !(view_ == world_.interfaces);
    view_ = world_.interfaces;
    return changed;
  }
  const std::map<int, address::Interface>& interfaces() const override { return view_; }
  address::Renewals renewals() override { return world_.renewals; }
  void tell() { wake_(); }

 private:
  VrrpWorld& world_;
  std::map<int, address::Interface> view_;
  std::function<void()> wake_;
};

class FakeAdverts : public wire::AdvertWire {
 public:
  explicit FakeAdverts(VrrpWorld& world) : world_(world) {}
  void on_packet(std::function<void()> wake) override { wake_ = std::move(wake); }
  Result<> listen(const wire::Ear& ear, const std::set<vrrp::VirtualRouterId>& ours) override {
    if (world_.listening_fails) return fail(Code::kUnavailable, "raw socket: EMFILE");
    auto& known = heard_[ear];
    if (known != ours) world_.note("listen " + name_of(ear));
    known = ours;
    return Done{};
  }
  void leave(const wire::Ear& ear) override {
    heard_.erase(ear);
    world_.note("leave " + name_of(ear));
  }
  Result<> send(int interface, const vrrp::Endpoints& endpoints, std::span<const std::uint8_t> message,
                wire::Fence fence) override {
    if (world_.before_send) world_.before_send();
    if (world_.sends_fail) return fail(Code::kDenied, "advert on interface: EPERM");
    if (world_.unreachable.contains(endpoints.destination)) {
      return fail(Code::kUnavailable, "advert on interface: ENETUNREACH");
    }
    if (fence == wire::Fence::kOpens) world_.fence_is_shut = false;
    if (world_.fence_is_shut) return fail(Code::kUnavailable, "advert on interface: ENOBUFS");
    fences.push_back(fence);
    const auto decoded = vrrp::decode(message, endpoints);
    const auto& advert = std::get<vrrp::DecodedMessage>(decoded).advert;
    world_.note("advert " + std::to_string(advert.virtual_router_id.value()) + " priority " +
                std::to_string(advert.priority.value()));
    sent.push_back({interface, advert});
    sources.push_back(endpoints.source);
    return Done{};
  }
  std::vector<wire::Datagram> receive(std::size_t limit) override {
    ++world_.reads;
    if (world_.after_drain) world_.after_drain();
    if (world_.floods) return std::vector<wire::Datagram>(limit, {{2, net::Family::kIPv4}, net::Bytes{0x45}});
    return std::exchange(world_.waiting, {});
  }
  void tell() { wake_(); }

  std::vector<std::pair<int, vrrp::Advertisement>> sent;
  std::vector<net::IpAddress> sources;  // of each of them
  std::vector<wire::Fence> fences;      // of each of them

 private:
  // "2" for IPv4, "2 IPv6".
  static std::string name_of(const wire::Ear& ear) {
    return std::to_string(ear.interface) + (ear.family == net::Family::kIPv4 ? "" : " IPv6");
  }

  std::map<wire::Ear, std::set<vrrp::VirtualRouterId>> heard_;
  VrrpWorld& world_;
  std::function<void()> wake_;
};

// Notes the request of each round; its reply says the same.
class FakeAnnouncer : public wire::Announcer {
 public:
  explicit FakeAnnouncer(VrrpWorld& world) : world_(world) {}
  Result<> send(int, const std::vector<net::Bytes>& frames) override {
    if (world_.announcements_fail) return fail(Code::kUnavailable, "arp: ENOBUFS");
    for (const auto& frame : frames) {
      const auto arp = neighbor::decode_arp(frame);
      if (arp && arp->operation == neighbor::ArpOperation::kRequest) {
        world_.note("announce " + net::to_string(arp->sender_ip));
      }
      if (const auto advertisement = neighbor::decode_neighbor_advertisement(frame)) {
        world_.note("announce " + net::to_string(advertisement->target) +
                    (advertisement->router ? " as router" : ""));
      }
    }
    return Done{};
  }

 private:
  VrrpWorld& world_;
};

}  // namespace fairlead::test
