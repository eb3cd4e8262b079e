#include "sim/segment.h"

#include <algorithm>
#include <utility>

#include "node/vrrp/packet.h"
#include "sim/node.h"

namespace fairlead::sim {
namespace {

constexpr Microseconds kShortestWay{40};
constexpr Microseconds kLongestWay{900};
constexpr Milliseconds kLate{10};  // from here on a packet counts as late

}  // namespace

void Statistics::add(const Statistics& other) {
  transitions += other.transitions;
  adverts += other.adverts;
  checks += other.checks;
  steps += other.steps;
  time += other.time;
  for (const auto& [kind, count] : other.faults) faults[kind] += count;
}

void Trace::line(int node, const std::string& text) const {
  const auto at = (time_.now() - TimePoint(Seconds(1000))).count();
  std::fprintf(file_, "%4lld.%06lld %s%s\n", static_cast<long long>(at / 1000000),
               static_cast<long long>(at % 1000000),
               node < 0 ? "" : ("node " + std::to_string(node) + ": ").c_str(), text.c_str());
}

net::IpAddress host_address(net::Family family, int host) {
  const auto last = static_cast<std::uint8_t>(host);
  if (family == net::Family::kIPv4) return net::IpAddress::v4({192, 0, 2, last});
  return net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

net::IpAddress node_address(net::Family family, int node) { return host_address(family, 10 + node); }

net::IpAddress virtual_address(net::Family family, int group, int number) {
  const auto third = static_cast<std::uint8_t>(group);
  const auto last = static_cast<std::uint8_t>(number);
  if (family == net::Family::kIPv4) return net::IpAddress::v4({10, 99, third, last});
  if (number == 0) return net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 99, 0, third, 0, 0});
  return net::IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, third, 0, last});
}

AddressName name_of(const net::IpAddress& virtual_address) {
  const auto bytes = virtual_address.bytes();
  return virtual_address.is_v4() ? AddressName{bytes[2], bytes[3]} : AddressName{bytes[13], bytes[15]};
}

wire::Datagram make_datagram(const vrrp::Endpoints& endpoints, std::span<const std::uint8_t> message) {
  if (!endpoints.source.is_v4()) {
    return {{kInterface, net::Family::kIPv6},
            vrrp::Ipv6Message{endpoints, vrrp::kTtl, {message.begin(), message.end()}}};
  }
  const auto length = static_cast<std::uint16_t>(20 + message.size());
  net::Bytes out{0x45,
                 0xc0,
                 static_cast<std::uint8_t>(length >> 8),
                 static_cast<std::uint8_t>(length & 0xff),
                 0,
                 1,
                 0,
                 0,
                 255,
                 112,
                 0,
                 0};
  out.reserve(length);
  for (const auto& end : {endpoints.source, endpoints.destination}) {
    const auto bytes = end.bytes();
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  out.insert(out.end(), message.begin(), message.end());
  return {{kInterface, net::Family::kIPv4}, std::move(out)};
}

Packet make_advert(int from, const net::IpAddress& source, int group, const GroupSetup& setup, int priority,
                   vrrp::Centiseconds interval) {
  const vrrp::Advertisement advert{
      vrrp::VirtualRouterId(static_cast<std::uint8_t>(kFirstVirtualRouterId + group)),
      vrrp::Priority(static_cast<std::uint8_t>(priority)),
      interval,
      {virtual_address(setup.family, group, 0)}};
  const vrrp::Endpoints endpoints{source, vrrp::multicast_group(setup.family)};
  const auto message = vrrp::encode(advert, {setup.version, {}, {}}, endpoints);
  // From outside, a unicast group hears nobody.
  const bool sound = from >= 0 || !setup.unicast;
  return {from, sound, false, group, priority, interval, make_datagram(endpoints, message)};
}

bool Segment::separated(int from, int to) const {
  const auto side = [](int set, int node) { return ((set >> node) & 1) != 0; };
  return std::any_of(faults_.begin(), faults_.end(), [&](const Fault* fault) {
    if (fault->kind == FaultKind::kPartition) {
      return from >= 0 && side(fault->amount, from) != side(fault->amount, to);
    }
    return fault->kind == FaultKind::kOneWay && fault->node == from &&
           (fault->amount < 0 || fault->amount == to);
  });
}

void Segment::broadcast(Packet packet) {
  const auto shared = std::make_shared<const Packet>(std::move(packet));
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    if (static_cast<int>(to) != shared->from) send(shared, static_cast<int>(to));
  }
}

void Segment::transmit(Packet packet, const net::IpAddress& destination) {
  if (destination.is_multicast()) return broadcast(std::move(packet));
  for (int to = 0; to < static_cast<int>(nodes_.size()); ++to) {
    if (node_address(destination.family(), to) != destination) continue;
    return send(std::make_shared<const Packet>(std::move(packet)), to);
  }
}

void Segment::send(const PacketPointer& packet, int to) {
  Microseconds way = random_.span(kShortestWay, kLongestWay);
  int loss = 0;
  int twice = 0;
  for (const Fault* fault : faults_) {
    if (fault->kind == FaultKind::kLoss) loss = std::max(loss, fault->amount);
    if (fault->kind == FaultKind::kDuplicate) twice = std::max(twice, fault->amount);
    if (fault->kind == FaultKind::kDelay) way += random_.span(Microseconds(0), Milliseconds(fault->amount));
  }
  if (separated(packet->from, to) || random_.permille(loss)) {
    if (packet->from >= 0) checker_.lost(packet->from, to, time_.now());
    return;
  }
  Node* const node = nodes_[static_cast<std::size_t>(to)];
  const auto arrive = [node, packet] { node->deliver(packet); };
  if (way >= kLate && packet->from >= 0) checker_.lost(packet->from, to, time_.now() + way);
  time_.post(way, arrive);
  if (random_.permille(twice)) time_.post(way + random_.span(Microseconds(0), 2 * way), arrive);
}

}  // namespace fairlead::sim
