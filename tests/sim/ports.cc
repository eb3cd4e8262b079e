#include "sim/ports.h"

#include <utility>

#include "lib/net/bytes.h"

namespace fairlead::sim {

class SimClock : public agent::Clock {
 public:
  explicit SimClock(Node& node) : node_(node) {}
  TimePoint now() override { return node_.monotonic(); }
  Microseconds boot_time() override { return node_.monotonic().time_since_epoch() + node_.suspended_; }
  // Steps at every look: nothing may depend on it.
  WallTime wall() override {
    return WallTime(node_.random_.span(Microseconds(0), std::chrono::hours(1000000)));
  }
  // The loop wakes a little late, now and then more, and much more while it is slow.
  void wake_at(TimePoint deadline, std::function<void()> task) override {
    const Microseconds late = node_.random_.permille(980)
                                  ? node_.random_.span(Microseconds(0), Microseconds(300))
                                  : node_.random_.span(Microseconds(0), Milliseconds(6));
    const Microseconds slow =
        node_.slow_ > Microseconds(0) ? node_.random_.span(Microseconds(0), node_.slow_) : node_.slow_;
    node_.process_->due = deadline;
    node_.process_->alarm = deadline + late + slow;
    node_.process_->on_alarm = std::move(task);
  }

 private:
  Node& node_;
};

class SimAddresses : public kernel::Addresses {
 public:
  explicit SimAddresses(Node& node) : node_(node) {}

  kernel::Holding hold(int, const std::vector<net::IpAddress>& addresses, Seconds lifetime) override {
    node_.in_call(Call::kBeforeHold);
    kernel::Holding out;
    if (node_.holds_refused_) {
      node_.world_.checker.troubled(node_.number_);
      for (const auto& address : addresses)
        out.refused.emplace(address, fail(Code::kUnavailable, "hold: refused"));
      return out;
    }
    for (const auto& address : addresses) {
      const bool created = node_.kernel_.hold(address, node_.monotonic(), lifetime);
      if (created) out.created.push_back(address);
      node_.world_.checker.held(node_.number_, name_of(address).group, name_of(address).number, created);
    }
    if (!out.created.empty()) node_.tell_answers();
    out.held = addresses;
    if (node_.world_.trace.on()) {
      node_.note("holds " + std::to_string(addresses.size()) + " of group " +
                 std::to_string(name_of(addresses.front()).group) + " for " +
                 std::to_string(lifetime.count()) + " s" + (out.created.empty() ? "" : ", new"));
    }
    if (!out.created.empty()) node_.changed_by_kernel();
    node_.in_call(Call::kAfterHold);
    return out;
  }

  Result<> release(int, const std::vector<net::IpAddress>& addresses) override {
    node_.in_call(Call::kBeforeRelease);
    if (node_.releases_refused_ && !node_.removes_all_the_same_) {
      node_.world_.checker.release_refused(node_.number_, addresses);
      return fail(Code::kUnavailable, "release: no answer");
    }
    bool changed = false;
    for (const auto& address : addresses) {
      const bool there = node_.kernel_.remove(address);
      node_.world_.checker.released(node_.number_, name_of(address).group, name_of(address).number);
      if (!there) continue;
      changed = true;
      if (node_.world_.trace.on()) node_.note("releases " + net::to_string(address));
    }
    if (changed) {
      node_.tell_answers();
      node_.changed_by_kernel();
    }
    node_.in_call(Call::kAfterRelease);
    if (node_.releases_refused_) return fail(Code::kUnavailable, "release: no answer");
    return Done{};
  }

 private:
  Node& node_;
};

class SimNetwork : public kernel::Network {
 public:
  explicit SimNetwork(Node& node) : node_(node) {
    node_.process_->view = node_.kernel_.interfaces();
    node_.process_->seen = node_.kernel_.generation();
  }
  void on_news(std::function<void()> wake) override { node_.process_->on_news = std::move(wake); }
  bool update() override {
    if (node_.process_->seen == node_.kernel_.generation()) return false;
    node_.process_->seen = node_.kernel_.generation();
    const bool changed = node_.process_->view != node_.kernel_.interfaces();
    node_.process_->view = node_.kernel_.interfaces();
    return changed;
  }
  const address::Interfaces& interfaces() const override { return node_.process_->view; }
  address::Renewals renewals() override { return node_.kernel_.renewals(node_.monotonic()); }

 private:
  Node& node_;
};

class SimAdverts : public wire::AdvertWire {
 public:
  explicit SimAdverts(Node& node) : node_(node) {}
  void on_packet(std::function<void()> wake) override { node_.process_->on_packet = std::move(wake); }
  Result<> listen(const wire::Ear& ear, const std::set<vrrp::VirtualRouterId>&) override {
    node_.process_->ears.insert(ear);
    return Done{};
  }
  void leave(const wire::Ear& ear) override { node_.process_->ears.erase(ear); }

  Result<> send(int, const vrrp::Endpoints& endpoints, std::span<const std::uint8_t> message,
                wire::Fence fence) override {
    const int group = message[1] - kFirstVirtualRouterId;
    node_.world_.checker.tries(node_.number_, group);
    node_.in_call(Call::kBeforeSend);
    if (node_.no_carriers_ > 0 || node_.sends_refused_) {
      for (int to = 0; to < node_.world_.scenario.nodes; ++to) {
        node_.world_.checker.lost(node_.number_, to, node_.world_.time.now());
      }
      return fail(Code::kUnavailable, "advert: refused");
    }
    if (!node_.lets_out(group, vrrp::Priority(message[2]), fence)) {
      if (node_.world_.trace.on())
        node_.note("the fence holds back an advert of group " + std::to_string(group));
      return fail(Code::kUnavailable, "advert: no buffer space");
    }
    Packet packet;
    packet.from = node_.number_;
    packet.group = group;
    packet.priority = message[2];
    packet.interval = message[0] >> 4 == 2 ? vrrp::Centiseconds(100 * message[5])
                                           : vrrp::Centiseconds(net::u16_at(message, 4) & 0x0fff);
    packet.datagram = make_datagram(endpoints, message);
    if (node_.world_.trace.on()) {
      node_.note("sends priority " + std::to_string(packet.priority) + " of group " +
                 std::to_string(packet.group));
    }
    ++node_.world_.statistics.adverts;
    node_.world_.checker.sent(node_.number_, packet.group, packet.priority, packet.interval);
    node_.world_.segment.transmit(std::move(packet), endpoints.destination);
    node_.in_call(Call::kAfterSend);
    return Done{};
  }

  std::vector<wire::Datagram> receive(std::size_t limit) override {
    std::vector<wire::Datagram> out;
    while (!node_.socket_.empty() && out.size() < limit) {
      const PacketPointer packet = std::move(node_.socket_.front());
      node_.socket_.pop_front();
      out.push_back(packet->datagram);
      if (!packet->sound || packet->group < 0) continue;
      if (node_.world_.trace.on()) {
        node_.note("reads priority " + std::to_string(packet->priority) + " of node " +
                   std::to_string(packet->from) + ", group " + std::to_string(packet->group));
      }
      node_.world_.checker.read(node_.number_, packet->group,
                                {packet->from, packet->stranger, packet->priority, packet->interval});
    }
    return out;
  }

 private:
  Node& node_;
};

// The address that an ARP frame or a neighbour advertisement claims.
net::IpAddress announced_in(std::span<const std::uint8_t> frame) {
  const bool arp = net::u16_at(frame, 12) == 0x0806;
  return net::IpAddress::from_bytes(arp ? frame.subspan(28, 4) : frame.subspan(62, 16));
}

class SimAnnouncer : public wire::Announcer {
 public:
  explicit SimAnnouncer(Node& node) : node_(node) {}
  Result<> send(int, const std::vector<net::Bytes>& frames) override {
    for (const auto& frame : frames) {
      const auto address = announced_in(frame);
      if (address == node_address(address.family(), node_.number_)) continue;  // a unicast router's own
      const auto name = name_of(address);
      node_.world_.checker.announced(node_.number_, name.group, name.number);
    }
    return Done{};
  }

 private:
  Node& node_;
};

agent::VirtualRouterPorts make_ports(Node& node) {
  agent::VirtualRouterPorts out;
  out.clock = std::make_unique<SimClock>(node);
  out.addresses = std::make_unique<SimAddresses>(node);
  out.network = std::make_unique<SimNetwork>(node);
  out.adverts = std::make_unique<SimAdverts>(node);
  out.announcer = std::make_unique<SimAnnouncer>(node);
  out.turned = [&node](TimePoint began) { node.process_->last_turn.note(began); };
  return out;
}

}  // namespace fairlead::sim
