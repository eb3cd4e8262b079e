#include "node/kernel/genl_batch.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

namespace fairlead::kernel {
namespace {

template <class T>
T number_of(const Attribute& attribute) {
  T value = 0;
  if (attribute.value.size() >= sizeof value) std::memcpy(&value, attribute.value.data(), sizeof value);
  return value;
}

template <class T>
std::span<const std::uint8_t> bytes_of(const T& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

constexpr std::size_t aligned(std::size_t size) { return (size + 3U) & ~std::size_t{3U}; }

}  // namespace

void GenlBatch::set_u16(std::size_t at, std::uint16_t value) {
  std::memcpy(bytes_.data() + at, &value, sizeof value);
}
void GenlBatch::set_u32(std::size_t at, std::uint32_t value) {
  std::memcpy(bytes_.data() + at, &value, sizeof value);
}

void GenlBatch::begin(const MessageType& type, std::span<const std::uint8_t> family_header) {
  message_ = bytes_.size();
  grow(sizeof(nlmsghdr) + aligned(family_header.size()));
  set_u16(message_ + offsetof(nlmsghdr, nlmsg_type), type.type);
  set_u16(message_ + offsetof(nlmsghdr, nlmsg_flags), static_cast<std::uint16_t>(NLM_F_REQUEST | type.flags));
  set_u32(message_ + offsetof(nlmsghdr, nlmsg_seq), type.sequence);
  std::memcpy(bytes_.data() + message_ + sizeof(nlmsghdr), family_header.data(), family_header.size());
  ++count_;
}

void GenlBatch::end() { set_u32(message_, static_cast<std::uint32_t>(bytes_.size() - message_)); }

void GenlBatch::put(std::uint16_t attribute, std::span<const std::uint8_t> value) {
  const std::size_t at = bytes_.size();
  const std::size_t size = sizeof(nlattr) + value.size();
  grow(aligned(size));
  set_u16(at, static_cast<std::uint16_t>(size));
  set_u16(at + 2, attribute);
  if (!value.empty()) std::memcpy(bytes_.data() + at + sizeof(nlattr), value.data(), value.size());
}

void GenlBatch::put_u16(std::uint16_t attribute, std::uint16_t value) { put(attribute, bytes_of(value)); }
void GenlBatch::put_u32(std::uint16_t attribute, std::uint32_t value) { put(attribute, bytes_of(value)); }

void GenlBatch::put_be16(std::uint16_t attribute, std::uint16_t value) {
  const std::uint8_t bytes[2] = {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
  put(attribute, bytes);
}

void GenlBatch::put_be32(std::uint16_t attribute, std::uint32_t value) {
  const std::uint8_t bytes[4] = {static_cast<std::uint8_t>(value >> 24U),
                                 static_cast<std::uint8_t>(value >> 16U),
                                 static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
  put(attribute, bytes);
}

void GenlBatch::put_string(std::uint16_t attribute, std::string_view value) {
  std::vector<std::uint8_t> bytes(value.begin(), value.end());
  bytes.push_back(0);
  put(attribute, bytes);
}

std::size_t GenlBatch::nest(std::uint16_t attribute) {
  const std::size_t mark = bytes_.size();
  put(static_cast<std::uint16_t>(attribute | NLA_F_NESTED), {});
  return mark;
}

void GenlBatch::unnest(std::size_t mark) { set_u16(mark, static_cast<std::uint16_t>(bytes_.size() - mark)); }

void GenlBatch::acknowledge_last() {
  std::uint16_t flags = 0;
  const std::size_t at = message_ + offsetof(nlmsghdr, nlmsg_flags);
  std::memcpy(&flags, bytes_.data() + at, sizeof flags);
  set_u16(at, static_cast<std::uint16_t>(flags | NLM_F_ACK));
}

void GenlBatch::clear() {
  bytes_.clear();
  message_ = 0;
  count_ = 0;
}

std::vector<Attribute> attributes_of(std::span<const std::uint8_t> bytes) {
  std::vector<Attribute> all;
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size()) break;
    all.push_back({static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
                   bytes.subspan(sizeof header, header.nla_len - sizeof header)});
    bytes = bytes.subspan(std::min(aligned(header.nla_len), bytes.size()));
  }
  return all;
}

std::uint16_t u16_of(const Attribute& attribute) { return number_of<std::uint16_t>(attribute); }
std::uint32_t u32_of(const Attribute& attribute) { return number_of<std::uint32_t>(attribute); }
std::uint16_t be16_of(const Attribute& attribute) {
  if (attribute.value.size() < 2) return 0;
  return static_cast<std::uint16_t>(attribute.value[0] << 8U | attribute.value[1]);
}
std::uint32_t be32_of(const Attribute& attribute) {
  if (attribute.value.size() < 4) return 0;
  const auto& v = attribute.value;
  return std::uint32_t{v[0]} << 24U | std::uint32_t{v[1]} << 16U | std::uint32_t{v[2]} << 8U | v[3];
}
std::uint64_t be64_of(const Attribute& attribute) {
  if (attribute.value.size() < 8) return 0;
  std::uint64_t out = 0;
  for (const std::uint8_t byte : attribute.value.first(8)) out = out << 8U | byte;
  return out;
}
std::string_view string_of(const Attribute& attribute) {
  const auto end = std::find(attribute.value.begin(), attribute.value.end(), std::uint8_t{0});
  // An attribute that is not there has no bytes to point to.
  return {reinterpret_cast<const char*>(attribute.value.data()),
          static_cast<std::size_t>(end - attribute.value.begin())};
}

}  // namespace fairlead::kernel
