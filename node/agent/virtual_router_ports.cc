#include "node/agent/virtual_router_ports.h"

#include <utility>

namespace fairlead::agent {
namespace {

class RealClock : public Clock {
 public:
  explicit RealClock(sys::Loop& loop) : timer_(loop) {}
  TimePoint now() override { return sys::now(); }
  Microseconds boot_time() override { return sys::boot_time(); }
  WallTime wall() override { return sys::wall_now(); }
  void wake_at(TimePoint deadline, std::function<void()> task) override {
    timer_.arm(deadline, std::move(task));
  }

 private:
  sys::Timer timer_;
};

}  // namespace

Result<VirtualRouterPorts> open_virtual_router_ports(sys::Loop& loop) {
  VirtualRouterPorts out;
  out.clock = std::make_unique<RealClock>(loop);
  auto addresses = kernel::open_addresses();
  if (!addresses) return addresses.error();
  out.addresses = std::move(*addresses);
  auto network = kernel::open_network(loop);
  if (!network) return network.error();
  out.network = std::move(*network);
  auto adverts = wire::open_advert_wire(loop);
  if (!adverts) return adverts.error();
  out.adverts = std::move(*adverts);
  auto announcer = wire::open_announcer();
  if (!announcer) return announcer.error();
  out.announcer = std::move(*announcer);
  return out;
}

}  // namespace fairlead::agent
