#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/bytes.h"
#include "lib/net/endpoint.h"
#include "node/agent/virtual_router_metrics.h"
#include "node/neighbor/schedule.h"
#include "node/wire/announcer.h"

namespace fairlead::agent {

// The interface an announcement leaves by.
struct AnnouncedLink {
  int index = 0;
  std::string name;
  net::MacAddress mac;
  bool arp = true;
  std::uint32_t carrier_changes = 0;  // another number: it was gone, if only for a moment
  friend bool operator==(const AnnouncedLink&, const AnnouncedLink&) = default;
};

// Gratuitous ARP waiting to leave, interface by interface, within the budget of vrrp.md 7.5. Rounds are
// queued by the virtual routers and leave at the end of the turn, after its adverts. vrrp thread only.
class Announcements {
 public:
  Announcements(wire::Announcer& announcer, VrrpMetrics& metrics)
      : announcer_(announcer), metrics_(metrics) {}

  // One round of these addresses: all requests (G1) first, then the replies (G2). An interface without ARP
  // is skipped.
  void queue(const AnnouncedLink& link, const std::vector<net::IpAddress>& addresses);
  // Forgets what waits for an interface: nobody announces what is no longer held.
  void withdraw(int interface, const std::vector<net::IpAddress>& addresses);
  // Sends what the budgets allow. A failed send loses its frames: the next round comes by itself.
  void flush(TimePoint now);
  // Whether a flush() may have something to send.
  bool waiting() const;
  // When flush() can send more; nothing if nothing waits.
  std::optional<TimePoint> next() const;

 private:
  struct Frame {
    net::IpAddress address;
    net::Bytes bytes;
  };
  struct Port {
    std::string name;
    std::string failing;  // why the last send failed, as logged; empty: it did not
    neighbor::FrameBudget budget;
    std::deque<Frame> waiting;
  };
  void send(int interface, Port& port, const std::vector<net::Bytes>& frames);

  wire::Announcer& announcer_;
  VrrpMetrics& metrics_;
  std::map<int, Port> ports_;
  std::optional<TimePoint> next_;
};

}  // namespace fairlead::agent
