#pragma once

#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "lib/net/address.h"
#include "lib/net/bytes.h"

// rtnetlink's messages put together byte by byte, without the library that the code uses.
namespace fairlead::kernel::testing {

template <class T>
inline net::Bytes bytes_of(const T& value) {
  net::Bytes out(sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}
inline net::Bytes bytes_of(const net::IpAddress& address) {
  return {address.bytes().begin(), address.bytes().end()};
}
inline net::Bytes text(const char* value) { return {value, value + std::strlen(value) + 1}; }

inline net::Bytes joined(std::initializer_list<net::Bytes> parts) {
  net::Bytes out;
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

inline net::Bytes attribute(int type, const net::Bytes& value) {
  const rtattr header{static_cast<unsigned short>(RTA_LENGTH(value.size())),
                      static_cast<unsigned short>(type)};
  net::Bytes out = joined({bytes_of(header), value});
  out.resize(RTA_ALIGN(out.size()));
  return out;
}

// A message as the kernel lays it out; `fixed` is the struct in front of the attributes.
inline net::Bytes message(int type, const net::Bytes& fixed, const net::Bytes& attributes) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + fixed.size() + attributes.size());
  header.nlmsg_type = static_cast<std::uint16_t>(type);
  return joined({bytes_of(header), fixed, attributes});
}
inline const nlmsghdr& as_message(const net::Bytes& bytes) {
  return *reinterpret_cast<const nlmsghdr*>(bytes.data());
}

}  // namespace fairlead::kernel::testing
