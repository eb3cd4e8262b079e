#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
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
  int active_port = 0;                // another number: a bond changed its link
  bool router = false;                // IPv6: R in neighbour advertisements
  friend bool operator==(const AnnouncedLink&, const AnnouncedLink&) = default;
};

// Gratuitous ARP and unsolicited neighbour advertisements waiting to leave, interface by interface, within
// the budget of vrrp.md 7.5. Rounds are queued by the virtual routers and leave at the end of the turn, after
// its adverts. An address that waits already waits once, so that no number of rounds makes a queue grow
// without end. vrrp thread only.
class Announcements {
 public:
  Announcements(wire::Announcer& announcer, VrrpMetrics& metrics)
      : announcer_(announcer), metrics_(metrics) {}

  // One round of these addresses: of IPv4 a request (G1) and a reply (G2) each, of IPv6 an advertisement
  // (N1). The replies leave after all requests and advertisements of the interface, whoever queued them; an
  // address whose reply still waits is not announced anew, else the rounds of a big group would keep its
  // replies from leaving. An interface without ARP is skipped.
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
  // As it was queued last: nobody is told of a MAC that the interface no longer has.
  struct Subject {
    net::MacAddress mac;
    bool router = false;
    friend bool operator==(const Subject&, const Subject&) = default;
  };
  // First come, first served, each address once.
  struct Line {
    std::deque<net::IpAddress> order;
    std::map<net::IpAddress, Subject> subjects;
    void add(const net::IpAddress& address, const Subject& subject);
    bool holds(const net::IpAddress& address, const Subject& subject) const;
    void remove(const net::IpAddress& address);
    std::optional<std::pair<net::IpAddress, Subject>> take();
  };
  struct Port {
    std::string name;
    std::string failing;  // why the last send failed, as logged; empty: it did not
    neighbor::FrameBudget budget;
    Line first;    // requests and advertisements
    Line replies;  // IPv4
    std::size_t waiting() const { return first.subjects.size() + replies.subjects.size(); }
  };
  static net::Bytes next_frame(Port& port, net::Family& family);
  void send(int interface, Port& port, const std::vector<net::Bytes>& frames,
            const std::map<net::Family, std::size_t>& counts);

  wire::Announcer& announcer_;
  VrrpMetrics& metrics_;
  std::map<int, Port> ports_;
  std::optional<TimePoint> next_;
};

}  // namespace fairlead::agent
