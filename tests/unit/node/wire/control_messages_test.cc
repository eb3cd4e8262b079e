#include "node/wire/control_messages.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <rapidcheck.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

namespace fairlead::wire {
namespace {

net::IpAddress ip(const char* text) { return *net::parse_address(text); }

// One control message, padded as the kernel does.
net::Bytes control(int level, int type, const void* data, std::size_t size) {
  net::Bytes out(CMSG_SPACE(size), 0);
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(size);
  header.cmsg_level = level;
  header.cmsg_type = type;
  std::memcpy(out.data(), &header, sizeof header);
  if (size != 0) std::memcpy(out.data() + CMSG_LEN(0), data, size);
  return out;
}
net::Bytes hop_limit(int value) { return control(IPPROTO_IPV6, IPV6_HOPLIMIT, &value, sizeof value); }
net::Bytes packet_info(const char* destination) {
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, ip(destination).bytes().data(), 16);
  info.ipi6_ifindex = 7;
  return control(IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
}
net::Bytes traffic_class() {
  const int value = 0xc0;
  return control(IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value);
}
// IPv4's, with the same number as one of IPv6's: the level counts.
net::Bytes other_level() {
  const int value = 1;
  return control(IPPROTO_IP, IPV6_HOPLIMIT, &value, sizeof value);
}
net::Bytes joined(const std::vector<net::Bytes>& parts) {
  net::Bytes out;
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

// F2: missing, doubled, reordered.
TEST(ControlMessages, AreFoundWhereverTheyStand) {
  const ControlMessages both{255, ip("ff02::12")};
  const struct {
    const char* what;
    std::vector<net::Bytes> parts;
    ControlMessages expected;
  } table[] = {
      {"in the kernel's order", {packet_info("ff02::12"), hop_limit(255)}, both},
      {"reordered", {hop_limit(255), packet_info("ff02::12")}, both},
      {"others around them",
       {traffic_class(), hop_limit(255), other_level(), packet_info("ff02::12"), traffic_class()},
       both},
      {"the same told twice",
       {hop_limit(255), packet_info("ff02::12"), hop_limit(255), packet_info("ff02::12")},
       both},
      {"hop limit told twice and differently",
       {hop_limit(255), packet_info("ff02::12"), hop_limit(254)},
       {std::nullopt, ip("ff02::12")}},
      {"a third one does not settle it", {hop_limit(254), hop_limit(255), hop_limit(255)}, {}},
      {"destination told differently",
       {packet_info("ff02::12"), packet_info("fe80::1"), hop_limit(255)},
       {255, std::nullopt}},
      {"no hop limit", {packet_info("ff02::12")}, {std::nullopt, ip("ff02::12")}},
      {"no destination", {hop_limit(64)}, {64, std::nullopt}},
      {"neither", {traffic_class(), other_level()}, {}},
      {"nothing", {}, {}},
      {"hop limit below 0", {hop_limit(-1)}, {}},
      {"hop limit above 255", {hop_limit(256)}, {}},
      {"a hop limit without a value", {hop_limit(255), control(IPPROTO_IPV6, IPV6_HOPLIMIT, nullptr, 0)}, {}},
      {"a destination cut short", {control(IPPROTO_IPV6, IPV6_PKTINFO, "123456789012345", 15)}, {}},
  };
  for (const auto& row : table) {
    EXPECT_EQ(read_control_messages(joined(row.parts)), row.expected) << row.what;
  }
}

TEST(ControlMessages, NothingIsReadBehindALengthThatCannotBeTrue) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{CMSG_LEN(0) - 1}, std::size_t{1000}}) {
    net::Bytes broken = traffic_class();
    std::memcpy(broken.data(), &length, sizeof length);
    EXPECT_EQ(read_control_messages(joined({packet_info("fe80::1"), broken, hop_limit(255)})),
              (ControlMessages{std::nullopt, ip("fe80::1")}))
        << length;
  }
}

// A control buffer may end without the padding of its last message, or be cut by MSG_CTRUNC.
TEST(ControlMessages, TheLastOneNeedsNoPaddingAndACutOneIsNotRead) {
  net::Bytes bytes = hop_limit(255);
  bytes.resize(CMSG_LEN(sizeof(int)));
  EXPECT_EQ(read_control_messages(bytes), (ControlMessages{255, std::nullopt}));
  bytes.pop_back();
  EXPECT_EQ(read_control_messages(bytes), ControlMessages{});
}

TEST(ControlMessages, AnyBytesAreRead) {
  EXPECT_TRUE(rc::check([](const net::Bytes& bytes) { (void)read_control_messages(bytes); }));
  EXPECT_TRUE(rc::check([](net::Bytes tail, std::uint16_t at, std::uint8_t value) {
    net::Bytes bytes = joined({packet_info("ff02::12"), hop_limit(255), tail});
    bytes[at % bytes.size()] = value;
    (void)read_control_messages(bytes);
  }));
}

// VR-031: a message of which too little is told is dropped for its hop limit.
TEST(Ipv6Message, IsNotToBeBelievedWithoutHopLimitOrDestination) {
  const net::Bytes message{0x31, 51};
  const vrrp::Endpoints endpoints{ip("fe80::1"), ip("ff02::12")};
  EXPECT_EQ(ipv6_message(ip("fe80::1"), {254, ip("ff02::12")}, message),
            (vrrp::Ipv6Message{endpoints, 254, message}));
  EXPECT_EQ(ipv6_message(ip("fe80::1"), {std::nullopt, ip("ff02::12")}, message).hop_limit, std::nullopt);
  EXPECT_EQ(ipv6_message(ip("fe80::1"), {255, std::nullopt}, message).hop_limit, std::nullopt);
}

}  // namespace
}  // namespace fairlead::wire
