// F-4: rtnetlink messages of any bytes, as one receive may deliver them; nested attributes, lengths that lie.

#include "node/kernel/route_messages.h"

#include <linux/rtnetlink.h>

#include <cstring>
#include <memory>

#include "tests/fuzz/input.h"

namespace fairlead::kernel {
namespace {

using fuzz::require;

void read(const nlmsghdr& message) {
  if (const auto link = read_link(message)) {
    require(link->name.find('\0') == std::string::npos, "a name ends at its first zero");
  }
  if (const auto entry = read_address(message)) {
    const net::Prefix& prefix = entry->address.prefix;
    require(prefix.length >= 0 && prefix.length <= prefix.address.bits(), "a prefix within its address");
    require(*net::parse_prefix(net::to_string(prefix)) == prefix, "a prefix that reads as itself");
  }
  for (const DefaultRoute& route : read_default_route(message)) {
    require(is_default_route(message), "next hops of a default route");
    require(*net::parse_address(net::to_string(route.gateway)) == route.gateway, "a gateway");
  }
}

// What we write, we read: an address of ours.
void check_own_message(fuzz::Input& in) {
  const bool v4 = (in.byte() & 1) != 0;
  net::Bytes raw = in.bytes(16);
  raw.resize(v4 ? 4 : 16);
  const auto address = net::IpAddress::from_bytes(raw);
  const int interface = in.word();
  net::Bytes batch;
  append_hold(batch, 1, {interface, address, Seconds(1 + in.byte()), (in.byte() & 1) != 0 ? "eth1:fl" : ""});
  append_release(batch, 2, interface, address);
  nlmsghdr first;
  std::memcpy(&first, batch.data(), sizeof first);
  require(first.nlmsg_len < batch.size(), "two messages");
  const auto held = read_address(*reinterpret_cast<const nlmsghdr*>(batch.data()));
  require(held && held->interface == interface && held->address.ours && !held->address.lasting &&
              held->address.deprecated && held->address.prefix == net::Prefix{address, address.bits()},
          "an address held reads as ours, for a while");
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  fuzz::Input own(data, size);
  check_own_message(own);
  // As recv() fills a buffer: aligned, and nothing behind it.
  const auto words = std::make_unique<std::uint32_t[]>((size + 3) / 4);
  std::memcpy(words.get(), data, size);
  int left = static_cast<int>(size);
  for (auto* header = reinterpret_cast<const nlmsghdr*>(words.get());
       left > 0 && NLMSG_OK(header, static_cast<unsigned>(left)); header = NLMSG_NEXT(header, left)) {
    read(*header);
  }
}

}  // namespace fairlead::kernel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) fairlead::kernel::run(data, size);
  return 0;
}
