#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace fairlead::net {

using Bytes = std::vector<std::uint8_t>;

// Appends integers in network byte order.
class ByteWriter {
 public:
  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) {
    u8(static_cast<std::uint8_t>(value >> 8));
    u8(static_cast<std::uint8_t>(value & 0xff));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(value & 0xffff));
  }
  void raw(std::span<const std::uint8_t> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  std::size_t size() const { return out_.size(); }
  // Overwrites two bytes already written. REQUIRES: at + 2 <= size().
  void patch_u16(std::size_t at, std::uint16_t value) {
    out_[at] = static_cast<std::uint8_t>(value >> 8);
    out_[at + 1] = static_cast<std::uint8_t>(value & 0xff);
  }
  Bytes take() && { return std::move(out_); }
  std::span<const std::uint8_t> view() const { return out_; }

 private:
  Bytes out_;
};

// Network-order integers at an offset. REQUIRES: the bytes exist; callers check lengths first.
constexpr std::uint16_t u16_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>((bytes[at] << 8) | bytes[at + 1]);
}
constexpr std::uint32_t u32_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return (static_cast<std::uint32_t>(u16_at(bytes, at)) << 16) | u16_at(bytes, at + 2);
}

}  // namespace fairlead::net
