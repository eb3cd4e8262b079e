#include "node/wire/vrrp_filter.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/socket.h>

#include <cstdint>

#include "lib/net/bytes.h"
#include "lib/sys/unique_fd.h"

// The kernel is the judge: the program is attached to one end of a pair of datagram sockets, where it sees
// just what was sent, as on a raw socket.
namespace fairlead::wire {
namespace {

using Ids = std::set<vrrp::VirtualRouterId>;

class Gate {
 public:
  explicit Gate(Filter filter) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
    in_ = sys::UniqueFd(ends[0]);
    out_ = sys::UniqueFd(ends[1]);
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    EXPECT_EQ(setsockopt(out_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
  }
  // Whether the message passes, whole.
  bool passes(const net::Bytes& message) const {
    EXPECT_GE(::send(in_.get(), message.data(), message.size(), 0), 0);
    std::uint8_t buffer[4096];
    const ssize_t size = recv(out_.get(), buffer, sizeof buffer, 0);
    return size == static_cast<ssize_t>(message.size());
  }

 private:
  sys::UniqueFd in_;
  sys::UniqueFd out_;
};

net::Bytes ipv6_message(int vrid) { return {0x31, static_cast<std::uint8_t>(vrid), 100, 1, 0, 100, 0, 0}; }

net::Bytes ipv4_packet(int vrid, int header_words) {
  net::Bytes out(static_cast<std::size_t>(4 * header_words), 0);
  out[0] = static_cast<std::uint8_t>(0x40 | header_words);
  const net::Bytes message = ipv6_message(vrid);
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

Ids ids(std::initializer_list<int> values) {
  Ids out;
  for (const int value : values) out.insert(vrrp::VirtualRouterId(static_cast<std::uint8_t>(value)));
  return out;
}

// FN-20: the main socket is given nothing but our VRIDs, the second one all the rest.
TEST(VridFilter, DividesEveryVridBetweenTheTwoSockets) {
  for (const Ids& ours : {ids({}), ids({51}), ids({1, 255}), ids({31, 32, 33, 63, 64, 128, 200, 254})}) {
    for (const net::Family family : {net::Family::kIPv4, net::Family::kIPv6}) {
      const Gate main(vrid_filter(family, ours, Passes::kOurs));
      const Gate second(vrid_filter(family, ours, Passes::kOthers));
      for (int vrid = 0; vrid <= 255; ++vrid) {
        const bool expected =
            vrid != 0 && ours.contains(vrrp::VirtualRouterId(static_cast<std::uint8_t>(vrid)));
        const net::Bytes packet = family == net::Family::kIPv4 ? ipv4_packet(vrid, 5) : ipv6_message(vrid);
        EXPECT_EQ(main.passes(packet), expected) << vrid;
        EXPECT_EQ(second.passes(packet), !expected) << vrid;
      }
    }
  }
}

TEST(VridFilter, FindsTheVridBehindIpv4Options) {
  const Gate main(vrid_filter(net::Family::kIPv4, ids({51}), Passes::kOurs));
  for (int words = 5; words <= 15; ++words) {
    EXPECT_TRUE(main.passes(ipv4_packet(51, words))) << words;
    EXPECT_FALSE(main.passes(ipv4_packet(52, words))) << words;
  }
}

// VR-034: a message without a VRID is counted, too, within the limit of the others.
TEST(VridFilter, AMessageTooShortForAVridIsOneOfTheOthers) {
  for (const std::size_t length : {0U, 1U}) {
    net::Bytes message = ipv6_message(51);
    message.resize(length);
    net::Bytes packet = ipv4_packet(51, 5);
    packet.resize(20 + length);
    if (length != 0) {
      EXPECT_TRUE(Gate(vrid_filter(net::Family::kIPv6, ids({51}), Passes::kOthers)).passes(message));
    }
    EXPECT_FALSE(Gate(vrid_filter(net::Family::kIPv6, ids({51}), Passes::kOurs)).passes(message));
    EXPECT_TRUE(Gate(vrid_filter(net::Family::kIPv4, ids({51}), Passes::kOthers)).passes(packet));
    EXPECT_FALSE(Gate(vrid_filter(net::Family::kIPv4, ids({51}), Passes::kOurs)).passes(packet));
  }
}

TEST(VridFilter, AnySetOfVridsIsTakenByTheKernelAndDecidedRight) {
  EXPECT_TRUE(rc::check([](const std::set<std::uint8_t>& values, std::uint8_t probe, bool v4) {
    Ids ours;
    for (const std::uint8_t value : values) {
      if (value != 0) ours.insert(vrrp::VirtualRouterId(value));
    }
    const net::Family family = v4 ? net::Family::kIPv4 : net::Family::kIPv6;
    const Gate main(vrid_filter(family, ours, Passes::kOurs));
    const bool expected = ours.contains(vrrp::VirtualRouterId(probe));
    RC_ASSERT(main.passes(v4 ? ipv4_packet(probe, 5) : ipv6_message(probe)) == expected);
  }));
}

TEST(VridFilter, StaysShortWithAllVrids) {
  Ids all;
  for (int vrid = 1; vrid <= 255; ++vrid) all.insert(vrrp::VirtualRouterId(static_cast<std::uint8_t>(vrid)));
  EXPECT_LE(vrid_filter(net::Family::kIPv4, all, Passes::kOurs).size(), 50U);
}

TEST(Silence, LetsNothingPass) {
  const Gate gate(silence());
  EXPECT_FALSE(gate.passes(ipv4_packet(51, 5)));
}

}  // namespace
}  // namespace fairlead::wire
