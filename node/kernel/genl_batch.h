#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fairlead::kernel {

// What is common to the netlink messages that follow `begin`.
struct MessageType {
  std::uint16_t type = 0;   // generic netlink: the family's id
  std::uint16_t flags = 0;  // NLM_F_REQUEST is added
  std::uint32_t sequence = 0;
};

// Builds many netlink messages into one buffer for one send (libraries.md 2: no allocation per message).
//
//     nlmsghdr | family header (genlmsghdr, nfgenmsg: 4 bytes) | attributes, nested ones between nest()
//                                                                and unnest(), each padded to 4 bytes
//
// Integers in host order, as generic netlink has them; big-endian ones are put() as bytes.
class GenlBatch {
 public:
  void begin(const MessageType& type, std::span<const std::uint8_t> family_header);
  void end();
  void put(std::uint16_t attribute, std::span<const std::uint8_t> value);
  void put_u16(std::uint16_t attribute, std::uint16_t value);
  void put_u32(std::uint16_t attribute, std::uint32_t value);
  void put_be16(std::uint16_t attribute, std::uint16_t value);
  void put_be32(std::uint16_t attribute, std::uint32_t value);
  void put_string(std::uint16_t attribute, std::string_view value);  // with its zero byte
  // Returns the mark that unnest() takes.
  std::size_t nest(std::uint16_t attribute);
  void unnest(std::size_t mark);
  // Asks for an acknowledgement of the last message: the barrier of the batch.
  // REQUIRES: count() > 0
  void acknowledge_last();

  void clear();
  std::size_t count() const { return count_; }
  std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  void grow(std::size_t size) { bytes_.resize(bytes_.size() + size, 0); }
  void set_u16(std::size_t at, std::uint16_t value);
  void set_u32(std::size_t at, std::uint32_t value);

  std::vector<std::uint8_t> bytes_;
  std::size_t message_ = 0;
  std::size_t count_ = 0;
};

// One attribute of a received message.
struct Attribute {
  std::uint16_t type = 0;
  std::span<const std::uint8_t> value;
};
// The attributes in these bytes; stops at the first that does not fit.
std::vector<Attribute> attributes_of(std::span<const std::uint8_t> bytes);
// 0 if the attribute is too short.
std::uint16_t u16_of(const Attribute& attribute);
std::uint32_t u32_of(const Attribute& attribute);
std::uint16_t be16_of(const Attribute& attribute);
std::uint32_t be32_of(const Attribute& attribute);
std::uint64_t be64_of(const Attribute& attribute);
std::string_view string_of(const Attribute& attribute);  // up to the first zero byte

}  // namespace fairlead::kernel
