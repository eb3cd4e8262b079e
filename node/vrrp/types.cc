#include "node/vrrp/types.h"

#include <string>

namespace fairlead::vrrp {

Result<VirtualRouterId> make_virtual_router_id(int value) {
  if (value < 1 || value > 255) {
    return fail(Code::kInvalid, "virtual router ID must be 1..255, got " + std::to_string(value));
  }
  return VirtualRouterId(static_cast<std::uint8_t>(value));
}

Result<Priority> make_priority(int value) {
  if (value < 1 || value > 254) {
    return fail(Code::kInvalid, "priority must be 1..254, got " + std::to_string(value));
  }
  return Priority(static_cast<std::uint8_t>(value));
}

Result<Centiseconds> make_advertise_interval(Milliseconds value) {
  const std::int64_t ms = value.count();
  if (ms < 10 || ms > 40950 || ms % 10 != 0) {
    return fail(Code::kInvalid,
                "advertisement interval must be 10..40950 ms in steps of 10, got " + std::to_string(ms));
  }
  return Centiseconds(static_cast<std::int32_t>(ms / 10));
}

}  // namespace fairlead::vrrp
