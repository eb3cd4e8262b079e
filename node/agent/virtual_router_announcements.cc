#include "node/agent/virtual_router_announcements.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "lib/sys/log.h"
#include "node/neighbor/advertisement.h"
#include "node/neighbor/arp.h"

namespace fairlead::agent {
namespace {

// At most this many frames a turn, so that no advert waits for them.
constexpr std::int64_t kFramesPerTurn = 512;
constexpr Milliseconds kNextPiece{2};

}  // namespace

void Announcements::Line::add(const net::IpAddress& address, const Subject& subject) {
  if (subjects.insert_or_assign(address, subject).second) order.push_back(address);
}

bool Announcements::Line::holds(const net::IpAddress& address, const Subject& subject) const {
  const auto found = subjects.find(address);
  return found != subjects.end() && found->second == subject;
}

void Announcements::Line::remove(const net::IpAddress& address) {
  if (subjects.erase(address) != 0) std::erase(order, address);
}

std::optional<std::pair<net::IpAddress, Announcements::Subject>> Announcements::Line::take() {
  if (order.empty()) return std::nullopt;
  const auto node = subjects.extract(order.front());
  order.pop_front();
  return std::pair(node.key(), node.mapped());
}

void Announcements::queue(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses) {
  if (!link.arp) return;
  Port& port = ports_[link.index];
  port.name = link.name;
  const Subject subject{link.mac, link.router};
  for (const net::IpAddress& address : addresses) {
    if (port.replies.holds(address, subject)) continue;
    port.first.add(address, subject);
    if (address.is_v4()) port.replies.add(address, subject);
  }
}

void Announcements::withdraw(int interface, const std::vector<net::IpAddress>& addresses) {
  const auto port = ports_.find(interface);
  if (port == ports_.end()) return;
  for (const net::IpAddress& address : addresses) {
    port->second.first.remove(address);
    port->second.replies.remove(address);
  }
}

// REQUIRES: something waits.
net::Bytes Announcements::next_frame(Port& port, net::Family& family) {
  if (const auto first = port.first.take()) {
    const auto& [address, subject] = *first;
    family = address.family();
    if (address.is_v4()) {
      return encode(neighbor::gratuitous_arp(subject.mac, address, neighbor::ArpOperation::kRequest));
    }
    return encode(neighbor::unsolicited_advertisement(subject.mac, address, subject.router));
  }
  const auto reply = port.replies.take();
  assert(reply);
  family = net::Family::kIPv4;
  return encode(neighbor::gratuitous_arp(reply->second.mac, reply->first, neighbor::ArpOperation::kReply));
}

void Announcements::flush(TimePoint now) {
  next_.reset();
  for (auto& [index, port] : ports_) {
    const std::size_t waiting = port.waiting();
    if (waiting == 0) continue;
    const auto wanted = std::min(static_cast<std::int64_t>(waiting), kFramesPerTurn);
    const neighbor::Grant grant = neighbor::take(port.budget, wanted, now);
    port.budget = grant.next;
    std::vector<net::Bytes> frames;
    std::map<net::Family, std::size_t> counts;
    for (std::int64_t i = 0; i < grant.frames; ++i) {
      net::Family family = net::Family::kIPv4;
      frames.push_back(next_frame(port, family));
      ++counts[family];
    }
    if (!frames.empty()) send(index, port, frames, counts);
    if (static_cast<std::int64_t>(waiting) > grant.frames) next_ = now + kNextPiece;
  }
}

void Announcements::send(int interface, Port& port, const std::vector<net::Bytes>& frames,
                         const std::map<net::Family, std::size_t>& counts) {
  const auto sent = announcer_.send(interface, frames);
  if (sent) {
    port.failing.clear();
    for (const auto& [family, count] : counts) metrics_.count_announced(port.name, family, count);
    return;
  }
  if (port.failing == sent.error().message) return;
  port.failing = sent.error().message;
  sys::log(sys::LogLevel::kWarning, "vrrp.announcement_failed",
           {{"interface", port.name}, {"error", port.failing}});
}

bool Announcements::waiting() const {
  return std::any_of(ports_.begin(), ports_.end(),
                     [](const auto& port) { return port.second.waiting() != 0; });
}

std::optional<TimePoint> Announcements::next() const { return next_; }

}  // namespace fairlead::agent
