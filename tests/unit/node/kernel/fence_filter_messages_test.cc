#include "node/kernel/fence_filter_messages.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

// The table as messages, read back by an independent reader: what is said to the kernel, in order.
// That the kernel understands the same is netns/finefence_test.
namespace fairlead::kernel {
namespace {

using Lines = std::vector<std::string>;

net::IpAddress ip(const char* text) { return *net::parse_address(text); }

filter::FencedGroup group(int vrid, std::set<net::IpAddress> addresses, int silent_after, int interval) {
  const auto family = addresses.begin()->family();
  return {{7, family, vrrp::VirtualRouterId(static_cast<std::uint8_t>(vrid))},
          "eth1",
          std::move(addresses),
          Milliseconds(silent_after),
          Milliseconds(interval)};
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
  static const char* const kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) out += {kDigits[byte >> 4U], kDigits[byte & 15U]};
  return out;
}

// The values of nested attributes, one behind the other: numbers and keys in hex, names as they are.
std::string leaves_of(std::span<const std::uint8_t> bytes) {
  std::string out;
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    const auto value = bytes.subspan(sizeof header, header.nla_len - sizeof header);
    const bool name = value.size() > 1 && value.back() == 0 && std::isalpha(value[0]) != 0;
    if ((header.nla_type & NLA_F_NESTED) != 0)
      out += leaves_of(value);
    else if (name)
      out += " " + std::string(value.begin(), value.end() - 1);
    else
      out += " " + hex_of(value);
    bytes = bytes.subspan(std::min<std::size_t>(NLA_ALIGN(header.nla_len), bytes.size()));
  }
  return out;
}

std::string name_of(std::uint16_t type) {
  switch (type & 0xff) {
    case NFT_MSG_NEWTABLE:
      return "table";
    case NFT_MSG_DELTABLE:
      return "-table";
    case NFT_MSG_NEWCHAIN:
      return "chain";
    case NFT_MSG_DELCHAIN:
      return "-chain";
    case NFT_MSG_NEWRULE:
      return "rule";
    case NFT_MSG_DELRULE:
      return "-rules";
    case NFT_MSG_NEWSET:
      return "set";
    case NFT_MSG_NEWSETELEM:
      return "elements";
    case NFT_MSG_DELSETELEM:
      return "-elements";
    default:
      return "?";
  }
}

// A line per message, frames and the table's name left out.
Lines lines_of(NftTransaction& transaction) {
  if (transaction.empty()) return {};
  transaction.finish();
  Lines lines;
  std::span<const std::uint8_t> bytes = transaction.batch().bytes();
  while (!bytes.empty()) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    std::string line = name_of(header.nlmsg_type) + leaves_of(bytes.first(header.nlmsg_len).subspan(20));
    if (const auto at = line.find(" fairlead_fence"); at != std::string::npos) line.erase(at, 15);
    if (header.nlmsg_type >> 8 == 10) lines.push_back(line);
    bytes = bytes.subspan(NLMSG_ALIGN(header.nlmsg_len));
  }
  return lines;
}

Lines changes(const std::vector<filter::FencedGroup>& from, const std::vector<filter::FencedGroup>& to) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  append_fence_changes(transaction, filter::fence_table(from), filter::fence_table(to), Milliseconds(50));
  return lines_of(transaction);
}

const auto kFour = group(51, {ip("192.0.2.100")}, 301, 100);
const auto kSix = group(9, {ip("2001:db8::100")}, 784, 250);

const Lines kGroupFour = {
    "chain group_7_4_51",
    "rule group_7_4_51 payload 00000001 00000002 00000002 00000001 cmp 00000001 00000000 00"
    " immediate 00000000 fffffffb",
    "rule group_7_4_51 meta 00000002 00000001 cmp 00000001 00000000 07000000"
    " meta 00000005 0000000c meta 00000001 0000000d payload 0000000e 00000002 00000001 00000001"
    " lookup beating 00000002 00000001 immediate 00000000 00000000",
    "rule group_7_4_51 meta 00000005 0000000c meta 00000001 0000000d"
    " payload 0000000e 00000002 00000001 00000001 dynset beating 00000001 00000002 000000000000012d",
    "rule group_7_4_51 immediate 00000001 c0000264 dynset live4 00000001 00000001 000000000000012d",
};
const Lines kInterface = {
    "chain in_7 00000000 fffffed4 eth1 filter 00000001",
    "rule in_7 immediate 00000000 fffffffd in",
    "chain out_7 00000001 0000012c eth1 filter 00000001",
    "rule out_7 immediate 00000000 fffffffd out",
};

Lines joined(std::initializer_list<Lines> parts) {
  Lines all;
  for (const Lines& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Sets, then rules that use them; the group's chain before the element that jumps to it; hooks last.
TEST(FenceFilterMessages, TheWholeTable) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  append_fence(transaction, filter::fence_table({kFour}), std::nullopt);
  EXPECT_EQ(
      lines_of(transaction),
      joined({{"table", "-table", "table", "set vip4 00000000 00000007 00000004 00000001",
               "set vip6 00000000 00000008 00000010 00000002",
               "set live4 00000030 00000007 00000004 0000ffff 00000003",
               "set live6 00000030 00000008 00000010 0000ffff 00000004",
               "set beats 00000008 0001428c 0000000c ffffff00 00000005",
               "set beating 00000030 0001428c 0000000c 0000ffff 00000006", "chain in", "chain out",
               "rule in meta 00000001 00000001 cmp 00000001 00000000 0800"
               " payload 00000001 00000001 00000010 00000004 lookup vip4 00000001 00000000"
               " payload 00000001 00000001 00000010 00000004 lookup live4 00000001 00000001"
               " fib 00000001 00000003 00000002 cmp 00000001 00000000 02000000 immediate 00000000 00000000",
               "rule in meta 00000001 00000001 cmp 00000001 00000000 86dd"
               " payload 00000001 00000001 00000018 00000010 lookup vip6 00000001 00000000"
               " payload 00000001 00000001 00000018 00000010 lookup live6 00000001 00000001"
               " fib 00000001 00000003 00000002 cmp 00000001 00000000 02000000 immediate 00000000 00000000",
               "rule out meta 00000001 00000001 cmp 00000001 00000000 0806"
               " payload 00000001 00000001 0000000e 00000004 lookup vip4 00000001 00000000"
               " payload 00000001 00000001 0000000e 00000004 lookup live4 00000001 00000001"
               " immediate 00000000 00000000",
               "rule out meta 00000001 00000001 cmp 00000001 00000000 86dd"
               " payload 00000001 00000001 00000006 00000001 cmp 00000001 00000000 3a"
               " payload 00000001 00000002 00000000 00000001 cmp 00000001 00000000 88"
               " payload 00000001 00000002 00000008 00000010 lookup vip6 00000001 00000000"
               " payload 00000001 00000002 00000008 00000010 lookup live6 00000001 00000001"
               " immediate 00000000 00000000",
               "rule out meta 00000001 00000001 cmp 00000001 00000000 86dd"
               " payload 00000001 00000001 00000006 00000001 cmp 00000001 00000000 3a"
               " payload 00000001 00000002 00000000 00000001 cmp 00000001 00000000 87"
               " payload 00000001 00000001 00000008 00000010 lookup vip6 00000001 00000000"
               " payload 00000001 00000001 00000008 00000010 lookup live6 00000001 00000001"
               " immediate 00000000 00000000",
               "rule out meta 00000001 00000001 cmp 00000001 00000000 0800"
               " payload 00000001 00000001 00000009 00000001 cmp 00000001 00000000 70"
               " payload 00000001 00000001 00000008 00000001 cmp 00000001 00000000 ff"
               " meta 00000005 0000000c meta 00000001 0000000d payload 0000000e 00000002 00000001 00000001"
               " lookup beats 00000002 00000000",
               "rule out meta 00000001 00000001 cmp 00000001 00000000 86dd"
               " payload 00000001 00000001 00000006 00000001 cmp 00000001 00000000 70"
               " payload 00000001 00000001 00000007 00000001 cmp 00000001 00000000 ff"
               " meta 00000005 0000000c meta 00000001 0000000d payload 0000000e 00000002 00000001 00000001"
               " lookup beats 00000002 00000000"},
              kGroupFour,
              {"elements beats 070000000800000033000000 fffffffd group_7_4_51", "elements vip4 c0000264"},
              kInterface}));
}

// After others have deleted it: an Active group must not be silent until its next advert.
TEST(FenceFilterMessages, ATablePutBackBeginsWithEveryTimeRunning) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  append_fence(transaction, filter::fence_table({kFour, kSix}), Microseconds(0));
  const Lines lines = lines_of(transaction);
  EXPECT_EQ(Lines(lines.end() - 3, lines.end()),
            (Lines{"elements beating 070000000800000033000000 00000000000000c9"
                   " 0700000086dd000009000000 0000000000000216",
                   "elements live4 c0000264 00000000000000c9",
                   "elements live6 20010db8000000000000000000000100 0000000000000216"}));
}

// What it would have been silent by now stays so: 250 ms are more than 301 less an interval of 100.
TEST(FenceFilterMessages, ATablePutBackOpensNothingAnewForAThreadThatHangs) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  append_fence(transaction, filter::fence_table({kFour, kSix}), Milliseconds(250));
  const Lines lines = lines_of(transaction);
  EXPECT_EQ(Lines(lines.end() - 2, lines.end()),
            (Lines{"elements beating 0700000086dd000009000000 000000000000011c",
                   "elements live6 20010db8000000000000000000000100 000000000000011c"}));
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const auto& line) { return line.starts_with("elements live4"); }),
            0);
}

TEST(FenceFilterMessages, EqualTablesNeedNothing) { EXPECT_EQ(changes({kFour}, {kFour}), Lines{}); }

TEST(FenceFilterMessages, AGroupThatComesIsSilentUntilItsFirstAdvert) {
  EXPECT_EQ(
      changes({kSix}, {kSix, kFour}),
      joined({kGroupFour,
              {"elements beats 070000000800000033000000 fffffffd group_7_4_51", "elements vip4 c0000264"}}));
}

// The element before the chain it jumps to, and no interface without a group.
TEST(FenceFilterMessages, AGroupThatGoesTakesItsChainWithIt) {
  EXPECT_EQ(changes({kFour, kSix}, {kFour}),
            (Lines{"-elements vip6 20010db8000000000000000000000100",
                   "-elements beats 0700000086dd000009000000", "-chain group_7_6_9"}));
  EXPECT_EQ(changes({kFour}, {}),
            (Lines{"-elements vip4 c0000264", "-elements beats 070000000800000033000000",
                   "-chain group_7_4_51", "-chain in_7", "-chain out_7"}));
}

// A member that is Active announces such an address at once, before the next advert.
TEST(FenceFilterMessages, AnAddressThatComesToAGroupBeginsWithItsTimeRunning) {
  const Lines lines = changes({kFour}, {group(51, {ip("192.0.2.100"), ip("192.0.2.101")}, 301, 100)});
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[0], "-rules group_7_4_51");
  EXPECT_EQ(lines[5],
            "rule group_7_4_51 immediate 00000001 c0000265 dynset live4 00000001 00000001"
            " 000000000000012d");
  EXPECT_EQ(lines[6], "elements live4 c0000265 0000000000000097");  // 301 - 100 - 50
  EXPECT_EQ(lines[7], "elements vip4 c0000265");
}

TEST(FenceFilterMessages, AnotherTimeChangesTheGroupsRulesAlone) {
  const Lines lines = changes({kFour}, {group(51, {ip("192.0.2.100")}, 784, 250)});
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0], "-rules group_7_4_51");
  EXPECT_EQ(lines[4],
            "rule group_7_4_51 immediate 00000001 c0000264 dynset live4 00000001 00000001 0000000000000310");
}

// Hooks are bound by name.
TEST(FenceFilterMessages, AnInterfaceThatIsRenamedIsHookedAnew) {
  auto renamed = kFour;
  renamed.interface_name = "eth2";
  const Lines lines = changes({kFour}, {renamed});
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[0], "-chain in_7");
  EXPECT_EQ(lines[1], "-chain out_7");
  EXPECT_EQ(lines[2], "chain in_7 00000000 fffffed4 eth2 filter 00000001");
}

TEST(FenceFilterMessages, RemovalCreatesTheTableFirstSoThatItNeverFails) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  append_fence_removal(transaction);
  EXPECT_EQ(lines_of(transaction), (Lines{"table", "-table"}));
}

}  // namespace
}  // namespace fairlead::kernel
