#pragma once

#include <compare>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <variant>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/address.h"
#include "lib/net/bytes.h"
#include "lib/sys/loop.h"
#include "node/vrrp/admission.h"

namespace fairlead::wire {

// Where adverts are heard: one family on one interface.
struct Ear {
  int interface = 0;
  net::Family family = net::Family::kIPv4;
  friend auto operator<=>(const Ear&, const Ear&) = default;
};

// One received message of protocol 112, as it was on the wire: of IPv4 with its header, of IPv6 with what the
// kernel tells beside it.
struct Datagram {
  Ear ear;
  std::variant<net::Bytes, vrrp::Ipv6Message> content;
};

// What an advert does to the finer fence of its group (node/filter/fence.h), where there is one.
enum class Fence {
  kOpens,  // begins the group's time, whether it ran or not
  kObeys,  // renews the group's time, and is held back once that has run out
};

// VRRP over IPv4 and IPv6, multicast and unicast, on several interfaces. Owned by the vrrp thread; no call
// blocks.
class AdvertWire {
 public:
  virtual ~AdvertWire() = default;

  // Calls `wake` on the loop when a packet waits; call before the loop runs.
  virtual void on_packet(std::function<void()> wake) = 0;
  // Hears what arrives at an ear: sent to the multicast group, or to an address of the interface, sound or
  // not. Messages that name another VRID than `ours`, or are too short to name one, come at most 20 a second,
  // so that a flood of them takes nothing from ours (FN-20). Calling again replaces `ours`, and no message is
  // lost by that; the same set again is no system call.
  // Errors: kDenied (no NET_RAW), kUnavailable (no such interface, or no IPv6 on it); after an error of a
  // second call the ear hears as before, or already as asked.
  virtual Result<> listen(const Ear& ear, const std::set<vrrp::VirtualRouterId>& ours) = 0;
  virtual void leave(const Ear& ear) = 0;
  // Sends one VRRP message: TTL or hop limit 255, class 0xc0, high socket priority; multicast is not looped
  // back. REQUIRES: listening in the endpoints' family. Errors: kUnavailable (link down, buffers full, no
  // such source address; held back by the fence, which the kernel does not tell from full buffers), kDenied
  // (a firewall's refusal; Fence::kObeys without NET_ADMIN).
  virtual Result<> send(int interface, const vrrp::Endpoints& endpoints,
                        std::span<const std::uint8_t> message, Fence fence) = 0;
  // Takes waiting packets, at most `limit`, in order of arrival per ear (ours and the others each). Ears give
  // some in turn: a flood on one hides no other.
  virtual std::vector<Datagram> receive(std::size_t limit) = 0;
};

// The real one. `loop` must outlive it. Errors: kDenied (no NET_RAW), kUnavailable.
Result<std::unique_ptr<AdvertWire>> open_advert_wire(sys::Loop& loop);

}  // namespace fairlead::wire
