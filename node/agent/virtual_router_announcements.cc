#include "node/agent/virtual_router_announcements.h"

#include <algorithm>

#include "lib/sys/log.h"
#include "node/neighbor/arp.h"

namespace fairlead::agent {
namespace {

// At most this many frames a turn, so that no advert waits for them.
constexpr std::int64_t kFramesPerTurn = 512;
constexpr Milliseconds kNextPiece{2};

}  // namespace

void Announcements::queue(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses) {
  if (!link.arp) return;
  Port& port = ports_[link.index];
  port.name = link.name;
  for (const auto operation : {neighbor::ArpOperation::kRequest, neighbor::ArpOperation::kReply}) {
    for (const net::IpAddress& address : addresses) {
      // No neighbour advertisement is sent yet: over IPv6 hosts ask again when their entry has grown old.
      if (!address.is_v4()) continue;
      port.waiting.push_back(
          {address, neighbor::encode(neighbor::gratuitous_arp(link.mac, address, operation))});
    }
  }
}

void Announcements::withdraw(int interface, const std::vector<net::IpAddress>& addresses) {
  const auto port = ports_.find(interface);
  if (port == ports_.end()) return;
  std::erase_if(port->second.waiting, [&](const Frame& frame) {
    return std::find(addresses.begin(), addresses.end(), frame.address) != addresses.end();
  });
}

void Announcements::flush(TimePoint now) {
  next_.reset();
  for (auto& [index, port] : ports_) {
    if (port.waiting.empty()) continue;
    const auto wanted = std::min(static_cast<std::int64_t>(port.waiting.size()), kFramesPerTurn);
    const neighbor::Grant grant = neighbor::take(port.budget, wanted, now);
    port.budget = grant.next;
    std::vector<net::Bytes> frames;
    for (std::int64_t i = 0; i < grant.frames; ++i) {
      frames.push_back(std::move(port.waiting.front().bytes));
      port.waiting.pop_front();
    }
    if (!frames.empty()) {
      send(index, port, frames);
    }
    if (!port.waiting.empty()) next_ = now + kNextPiece;
  }
}

void Announcements::send(int interface, Port& port, const std::vector<net::Bytes>& frames) {
  const auto sent = announcer_.send(interface, frames);
  if (sent) {
    port.failing.clear();
    metrics_.count_announced(port.name, frames.size());
    return;
  }
  if (port.failing == sent.error().message) return;
  port.failing = sent.error().message;
  sys::log(sys::LogLevel::kWarning, "vrrp.announcement_failed",
           {{"interface", port.name}, {"error", port.failing}});
}

bool Announcements::waiting() const {
  return std::any_of(ports_.begin(), ports_.end(),
                     [](const auto& port) { return !port.second.waiting.empty(); });
}

std::optional<TimePoint> Announcements::next() const { return next_; }

}  // namespace fairlead::agent
