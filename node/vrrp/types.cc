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

Result<Centiseconds> make_advertise_interval(Version version, Milliseconds value) {
  const std::int64_t ms = value.count();
  if (version == Version::k2 && (ms < 1000 || ms > 255000 || ms % 1000 != 0)) {
    return fail(Code::kInvalid,
                "advertisement interval of version 2 must be 1000..255000 ms in whole seconds, got " +
                    std::to_string(ms));
  }
  if (version == Version::k3 && (ms < 10 || ms > 40950 || ms % 10 != 0)) {
    return fail(Code::kInvalid,
                "advertisement interval must be 10..40950 ms in steps of 10, got " + std::to_string(ms));
  }
  return Centiseconds(static_cast<std::int32_t>(ms / 10));
}

}  // namespace fairlead::vrrp
