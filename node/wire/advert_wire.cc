#include "node/wire/advert_wire.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "node/wire/read_allowance.h"
#include "node/wire/socket_error.h"
#include "node/wire/vrrp_socket.h"

namespace fairlead::wire {
namespace {

constexpr int kVrrpProtocol = 112;
constexpr int kReceiveBuffer = 1 << 20;         // some 2700 messages: 27 ms of a flood of 100,000 a second
constexpr int kOthersReceiveBuffer = 1 << 15;   // some 80
constexpr int kSendingReceiveBuffer = 1 << 12;  // hears nothing; of refusals all but a few are dropped

using Ids = std::set<vrrp::VirtualRouterId>;

// An ear with its three sockets: one hears our VRIDs, one the rest, and one sends.
class OpenEar {
 public:
  static Result<std::unique_ptr<OpenEar>> open(sys::Loop& loop, const Ear& ear,
                                               const std::function<void()>& wake) {
    auto own = VrrpSocket::open(ear, Use::kHears, kReceiveBuffer);
    if (!own) return own.error();
    auto others = VrrpSocket::open(ear, Use::kHears, kOthersReceiveBuffer);
    if (!others) return others.error();
    auto sending = VrrpSocket::open(ear, Use::kSends, kSendingReceiveBuffer);
    if (!sending) return sending.error();
    if (const auto told = sending->tell_refusals(); !told) return told.error();
    return std::make_unique<OpenEar>(loop, ear.family, wake,
                                     Sockets{std::move(*own), std::move(*others), std::move(*sending)});
  }

  struct Sockets {
    VrrpSocket own;
    VrrpSocket others;
    // Apart, since what is told on it of refusals must not disturb those that are read.
    VrrpSocket sending;
  };
  OpenEar(sys::Loop& loop, net::Family family, const std::function<void()>& wake, Sockets sockets)
      : family_(family),
        own_(std::move(sockets.own)),
        others_(std::move(sockets.others)),
        sending_(std::move(sockets.sending)),
        pause_(loop),
        own_watch_(loop, own_.fd(), wake),
        others_watch_(loop, others_.fd(), [this, wake] {
          others_wait_ = true;
          wake();
        }) {}

  // First our own socket: between the two calls a message may come by both, but by none it never does.
  Result<> hear(const Ids& ours) {
    if (ours_ == ours) return Done{};
    if (const auto heard = own_.hear(vrid_filter(family_, ours, Passes::kOurs)); !heard) return heard;
    if (!paused_) {
      if (const auto heard = others_.hear(vrid_filter(family_, ours, Passes::kOthers)); !heard) return heard;
    }
    ours_ = ours;
    return Done{};
  }

  Result<> send(const vrrp::Endpoints& endpoints, std::span<const std::uint8_t> message, Fence fence) {
    return sending_.send(endpoints, message, fence);
  }

  std::size_t receive_own(std::size_t limit, ReceiveBuffers& buffers, std::vector<Datagram>& out) {
    return own_.receive(limit, buffers, out);
  }

  void receive_others(std::size_t limit, ReceiveBuffers& buffers, std::vector<Datagram>& out) {
    if (!others_wait_) return;
    others_wait_ = false;
    const TimePoint now = sys::now();
    allowance_.note(others_.receive(std::min(limit, allowance_.left(now)), buffers, out), now);
    if (allowance_.left(now) == 0) pause(now);
  }

 private:
  // The kernel drops them meanwhile: no wake-up, no copy.
  void pause(TimePoint now) {
    if (!others_.hear(silence())) return;
    paused_ = true;
    others_.discard();
    pause_.arm(now + Microseconds(ReadAllowance::kWithin), [this] {
      paused_ = false;
      if (ours_) (void)others_.hear(vrid_filter(family_, *ours_, Passes::kOthers));
    });
  }

  const net::Family family_;
  VrrpSocket own_;
  VrrpSocket others_;
  VrrpSocket sending_;
  std::optional<Ids> ours_;
  ReadAllowance allowance_;
  bool others_wait_ = false;
  bool paused_ = false;
  // Destroyed before the sockets are closed.
  sys::Timer pause_;
  sys::ReadWatch own_watch_;
  sys::ReadWatch others_watch_;
};

class RealAdvertWire : public AdvertWire {
 public:
  explicit RealAdvertWire(sys::Loop& loop) : loop_(loop) {}

  void on_packet(std::function<void()> wake) override { wake_ = std::move(wake); }

  Result<> listen(const Ear& ear, const Ids& ours) override {
    if (const auto known = ears_.find(ear); known != ears_.end()) return known->second->hear(ours);
    auto opened = OpenEar::open(loop_, ear, [this] {
      if (wake_) wake_();
    });
    if (!opened) return opened.error();
    if (const auto heard = (*opened)->hear(ours); !heard) return heard;
    ears_.emplace(ear, std::move(*opened));
    return Done{};
  }

  void leave(const Ear& ear) override { ears_.erase(ear); }

  Result<> send(int interface, const vrrp::Endpoints& endpoints, std::span<const std::uint8_t> message,
                Fence fence) override {
    const auto ear = ears_.find({interface, endpoints.source.family()});
    if (ear == ears_.end()) {
      return fail(Code::kUnavailable, "advert on interface " + std::to_string(interface) + ": not listening");
    }
    return ear->second->send(endpoints, message, fence);
  }

  // Each ear gives some in turn, beginning with another one each time: a flood on one hides no other.
  std::vector<Datagram> receive(std::size_t limit) override {
    std::vector<Datagram> out;
    std::vector<OpenEar*> waiting;
    for (auto& [key, ear] : ears_) waiting.push_back(ear.get());
    if (waiting.empty()) return out;
    const auto first = static_cast<std::ptrdiff_t>(turn_++ % waiting.size());
    std::rotate(waiting.begin(), waiting.begin() + first, waiting.end());
    for (OpenEar* ear : waiting) ear->receive_others(limit - out.size(), buffers_, out);
    while (!waiting.empty() && out.size() < limit) {
      std::erase_if(waiting, [&](OpenEar* ear) {
        const std::size_t wanted = std::min(limit - out.size(), ReceiveBuffers::kMessages);
        return ear->receive_own(wanted, buffers_, out) < wanted;
      });
    }
    return out;
  }

 private:
  sys::Loop& loop_;
  std::function<void()> wake_;
  std::map<Ear, std::unique_ptr<OpenEar>> ears_;
  ReceiveBuffers buffers_;
  std::size_t turn_ = 0;
};

}  // namespace

Result<std::unique_ptr<AdvertWire>> open_advert_wire(sys::Loop& loop) {
  // Ask for the right now, not when the first group starts.
  const sys::UniqueFd probe(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, kVrrpProtocol));
  if (!probe.valid()) return socket_error(errno, "VRRP socket (NET_RAW is needed)");
  return std::unique_ptr<AdvertWire>(std::make_unique<RealAdvertWire>(loop));
}

}  // namespace fairlead::wire
