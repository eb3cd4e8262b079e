#include "node/kernel/route_messages.h"

#include <gtest/gtest.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <rapidcheck.h>

#include <cstring>
#include <map>

#include "node/kernel/addresses.h"
#include "unit/node/kernel/route_bytes.h"

// rtnetlink's messages against bytes that are put together here, without the library that the code uses.
namespace fairlead::kernel {
namespace {

using testing::as_message;
using testing::attribute;
using testing::bytes_of;
using testing::joined;
using testing::message;
using testing::text;

net::IpAddress ip(const char* text) { return *net::parse_address(text); }

net::Bytes address_body(int family, int length, int flags) {
  ifaddrmsg body{};
  body.ifa_family = static_cast<std::uint8_t>(family);
  body.ifa_prefixlen = static_cast<std::uint8_t>(length);
  body.ifa_flags = static_cast<std::uint8_t>(flags);
  body.ifa_scope = RT_SCOPE_UNIVERSE;
  body.ifa_index = 2;
  return bytes_of(body);
}
net::Bytes life(std::uint32_t preferred, std::uint32_t valid, std::uint32_t created, std::uint32_t updated) {
  return attribute(IFA_CACHEINFO, bytes_of(ifa_cacheinfo{preferred, valid, created, updated}));
}
const net::Bytes kTag = attribute(IFA_PROTO, {kAddressTag});

AddressMessage read(const net::Bytes& bytes) {
  const auto out = read_address(as_message(bytes));
  EXPECT_TRUE(out);
  return out.value_or(AddressMessage{});
}

// All attributes of a message, type -> value.
std::map<int, net::Bytes> attributes_of(const net::Bytes& bytes, std::size_t fixed) {
  std::map<int, net::Bytes> out;
  for (std::size_t at = sizeof(nlmsghdr) + fixed; at < as_message(bytes).nlmsg_len;) {
    rtattr header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    const auto* value = bytes.data() + at + RTA_LENGTH(0);
    out[header.rta_type] = net::Bytes(value, value + header.rta_len - RTA_LENGTH(0));
    at += RTA_ALIGN(header.rta_len);
  }
  return out;
}

// D-1, D-5, vrrp.md 8 (b): every flag is said again at each renewal, so an addition and a renewal are the
// same.
TEST(AppendHold, SaysLifetimeTagAndEveryFlagInBothFamilies) {
  for (const auto& address : {ip("192.0.2.100"), ip("2001:db8::100")}) {
    net::Bytes batch;
    append_hold(batch, 7, {2, address, Seconds(3), ""});
    const nlmsghdr& header = as_message(batch);
    EXPECT_EQ(header.nlmsg_len, batch.size());
    EXPECT_EQ(header.nlmsg_type, RTM_NEWADDR);
    EXPECT_EQ(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ECHO);
    EXPECT_EQ(header.nlmsg_seq, 7U);
    ifaddrmsg body;
    std::memcpy(&body, batch.data() + sizeof header, sizeof body);
    EXPECT_EQ(body.ifa_family, address.is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(body.ifa_prefixlen, address.bits());
    EXPECT_EQ(body.ifa_index, 2U);
    EXPECT_EQ(attributes_of(batch, sizeof body),
              (std::map<int, net::Bytes>{
                  {IFA_LOCAL, bytes_of(address)},
                  {IFA_ADDRESS, bytes_of(address)},
                  {IFA_CACHEINFO, bytes_of(ifa_cacheinfo{0, 3, 0, 0})},
                  {IFA_FLAGS, bytes_of(std::uint32_t{IFA_F_NODAD | IFA_F_NOPREFIXROUTE})},
                  {IFA_PROTO, {kAddressTag}},
              }));
  }
}

TEST(AppendHold, GivesALabelWhereTheKernelForgetsTheTag) {
  net::Bytes batch;
  append_hold(batch, 7, {2, ip("192.0.2.100"), Seconds(3), owner_label("eth0")});
  EXPECT_EQ(attributes_of(batch, sizeof(ifaddrmsg)).at(IFA_LABEL), text("eth0:fl"));
  EXPECT_EQ(owner_label("eth0"), "eth0:fl");
  EXPECT_EQ(owner_label("enp129s0f1np1v"), "enp129s0f1np:fl") << "no more than 15 characters";
}

TEST(ReadAddress, OursIsWhatHasTheTagOrOurLabel) {
  const net::Bytes body = address_body(AF_INET, 32, 0);
  const net::Bytes local = attribute(IFA_LOCAL, bytes_of(ip("192.0.2.100")));
  const struct {
    const char* what;
    net::Bytes more;
    bool ours;
    bool tagged;
  } table[] = {
      {"nothing", {}, false, false},
      {"our tag", kTag, true, true},
      {"another's tag", attribute(IFA_PROTO, {2}), false, false},
      {"our label", attribute(IFA_LABEL, text("eth0:fl")), true, false},
      {"the label of a VLAN's address", attribute(IFA_LABEL, text("eth0.5")), false, false},
      {"a label that only contains ours", attribute(IFA_LABEL, text("eth0:flx")), false, false},
      {"a label without its zero", attribute(IFA_LABEL, {'a', ':', 'f', 'l'}), true, false},
  };
  for (const auto& row : table) {
    const AddressMessage out = read(message(RTM_NEWADDR, body, joined({local, row.more})));
    EXPECT_EQ(out.address.ours, row.ours) << row.what;
    EXPECT_EQ(out.tagged, row.tagged) << row.what;
    EXPECT_EQ(out.address.prefix, (net::Prefix{ip("192.0.2.100"), 32}));
  }
}

TEST(ReadAddress, OfIPv6IsOursByTheTagAlone) {
  const auto bytes = message(
      RTM_NEWADDR, address_body(AF_INET6, 128, 0),
      joined({attribute(IFA_ADDRESS, bytes_of(ip("2001:db8::100"))), attribute(IFA_LABEL, text("eth0:fl"))}));
  EXPECT_FALSE(read(bytes).address.ours);
}

// FN-27, lesson 13: an address that is not usable yet, or never.
TEST(ReadAddress, TellsOfDuplicateAddressDetection) {
  const struct {
    std::uint32_t flags;
    bool tentative;
    bool failed;
  } table[] = {
      {IFA_F_PERMANENT, false, false},
      {IFA_F_TENTATIVE, true, false},
      {IFA_F_TENTATIVE | IFA_F_DADFAILED, true, true},
      {IFA_F_DADFAILED, true, true},
      {IFA_F_NODAD | IFA_F_NOPREFIXROUTE, false, false},
  };
  for (const auto& row : table) {
    const AddressMessage out = read(message(RTM_NEWADDR, address_body(AF_INET6, 128, 0),
                                            joined({attribute(IFA_ADDRESS, bytes_of(ip("fe80::1"))),
                                                    attribute(IFA_FLAGS, bytes_of(row.flags))})));
    EXPECT_EQ(out.address.tentative, row.tentative) << row.flags;
    EXPECT_EQ(out.address.dad_failed, row.failed) << row.flags;
    EXPECT_FALSE(out.address.secondary) << "of IPv6 the bit means temporary";
  }
}

TEST(ReadAddress, TheLongFlagsCountAndTheShortOnesWithoutThem) {
  const net::Bytes address = attribute(IFA_LOCAL, bytes_of(ip("192.0.2.9")));
  const net::Bytes body = address_body(AF_INET, 24, IFA_F_SECONDARY);
  EXPECT_TRUE(read(message(RTM_NEWADDR, body, address)).address.secondary);
  EXPECT_FALSE(
      read(message(RTM_NEWADDR, body, joined({address, attribute(IFA_FLAGS, bytes_of(std::uint32_t{0}))})))
          .address.secondary);
}

TEST(ReadAddress, LastingDeprecatedAndNewAreSaidByItsTimes) {
  const net::Bytes address = attribute(IFA_LOCAL, bytes_of(ip("192.0.2.9")));
  const net::Bytes body = address_body(AF_INET, 24, 0);
  const AddressMessage forever =
      read(message(RTM_NEWADDR, body, joined({address, life(0xffffffff, 0xffffffff, 5, 5)})));
  EXPECT_TRUE(forever.address.lasting);
  EXPECT_FALSE(forever.address.deprecated);
  EXPECT_TRUE(forever.created);
  const AddressMessage vip = read(message(RTM_NEWADDR, body, joined({address, life(0, 2, 5, 90)})));
  EXPECT_FALSE(vip.address.lasting);
  EXPECT_TRUE(vip.address.deprecated);
  EXPECT_FALSE(vip.created);
}

// F-4: lengths are honoured, whatever they say.
TEST(ReadAddress, RefusesWhatHasNoAddressOfAKnownSize) {
  const net::Bytes body = address_body(AF_INET, 32, 0);
  EXPECT_FALSE(read_address(as_message(message(RTM_NEWADDR, body, {}))));
  EXPECT_FALSE(read_address(as_message(message(RTM_NEWADDR, body, attribute(IFA_LOCAL, {1, 2, 3})))));
  EXPECT_FALSE(read_address(as_message(message(RTM_NEWADDR, {AF_INET, 32, 0, 0}, {}))));
}

net::Bytes link_body(unsigned flags, unsigned short type) {
  ifinfomsg body{};
  body.ifi_type = type;
  body.ifi_index = 3;
  body.ifi_flags = flags;
  return bytes_of(body);
}

TEST(ReadLink, TellsNameStateMacAndWhetherItRoutesIPv6) {
  std::int32_t settings[8] = {1};
  const net::Bytes family = attribute(AF_INET6, attribute(IFLA_INET6_CONF, bytes_of(settings)));
  const net::Bytes attributes =
      joined({attribute(IFLA_IFNAME, text("eth1")), attribute(IFLA_MTU, bytes_of(std::uint32_t{1500})),
              attribute(IFLA_ADDRESS, {2, 0, 0, 0, 0, 0x10}),
              attribute(IFLA_AF_SPEC, joined({attribute(AF_INET, {}), family}))});
  const auto link =
      read_link(as_message(message(RTM_NEWLINK, link_body(IFF_UP | IFF_RUNNING, ARPHRD_ETHER), attributes)));
  ASSERT_TRUE(link);
  EXPECT_EQ(link->index, 3);
  EXPECT_EQ(link->name, "eth1");
  EXPECT_EQ(link->mtu, 1500);
  EXPECT_TRUE(link->up);
  EXPECT_TRUE(link->arp);
  EXPECT_EQ(to_string(link->mac), "02:00:00:00:00:10");
  EXPECT_TRUE(link->routes_ipv6);
}

// FN-05: after a change of the bond's active link neighbours are told again.
TEST(ReadLink, OfABondTellsThePortInUse) {
  const net::Bytes name = attribute(IFLA_IFNAME, text("bond0"));
  const net::Bytes port = attribute(IFLA_BOND_ACTIVE_SLAVE, bytes_of(std::uint32_t{7}));
  const struct {
    const char* what;
    net::Bytes info;
    int port;
  } table[] = {
      {"a bond", joined({attribute(IFLA_INFO_KIND, text("bond")), attribute(IFLA_INFO_DATA, port)}), 7},
      {"a bond without one", joined({attribute(IFLA_INFO_KIND, text("bond")), attribute(IFLA_INFO_DATA, {})}),
       0},
      {"a bond that says nothing", attribute(IFLA_INFO_KIND, text("bond")), 0},
      {"another kind", joined({attribute(IFLA_INFO_KIND, text("vxlan")), attribute(IFLA_INFO_DATA, port)}),
       0},
      {"no kind", attribute(IFLA_INFO_DATA, port), 0},
  };
  for (const auto& row : table) {
    const auto link = read_link(as_message(message(RTM_NEWLINK, link_body(0, ARPHRD_ETHER),
                                                   joined({name, attribute(IFLA_LINKINFO, row.info)}))));
    ASSERT_TRUE(link) << row.what;
    EXPECT_EQ(link->active_port, row.port) << row.what;
  }
}

TEST(ReadLink, WithoutCarrierArpOrForwardingSaysSo) {
  std::int32_t settings[8] = {0};
  const net::Bytes family = attribute(AF_INET6, attribute(IFLA_INET6_CONF, bytes_of(settings)));
  const net::Bytes name = attribute(IFLA_IFNAME, {'t', 'u', 'n'});  // no zero at its end
  const auto link = read_link(as_message(message(RTM_NEWLINK, link_body(IFF_UP | IFF_NOARP, ARPHRD_ETHER),
                                                 joined({name, attribute(IFLA_AF_SPEC, family)}))));
  ASSERT_TRUE(link);
  EXPECT_EQ(link->name, "tun");
  EXPECT_FALSE(link->up);
  EXPECT_FALSE(link->arp);
  EXPECT_FALSE(link->routes_ipv6);
  EXPECT_FALSE(read_link(as_message(message(RTM_NEWLINK, link_body(0, ARPHRD_ETHER), {})))) << "nameless";
}

// F-4.
TEST(RouteMessages, AnyBytesAreRead) {
  EXPECT_TRUE(rc::check([](const net::Bytes& body, std::uint8_t kind) {
    const net::Bytes bytes = message(kind % 2 == 0 ? RTM_NEWADDR : RTM_NEWROUTE, body, {});
    (void)read_address(as_message(bytes));
    (void)read_link(as_message(bytes));
    (void)read_default_route(as_message(bytes));
  }));
  EXPECT_TRUE(rc::check([](std::uint16_t at, std::uint8_t value) {
    std::int32_t settings[8] = {1};
    net::Bytes bytes = message(
        RTM_NEWLINK, link_body(0, ARPHRD_ETHER),
        joined(
            {attribute(IFLA_IFNAME, text("eth1")),
             attribute(IFLA_AF_SPEC, attribute(AF_INET6, attribute(IFLA_INET6_CONF, bytes_of(settings))))}));
    const std::size_t fixed = sizeof(nlmsghdr);
    bytes[fixed + at % (bytes.size() - fixed)] = value;
    (void)read_link(as_message(bytes));
  }));
}

}  // namespace
}  // namespace fairlead::kernel
