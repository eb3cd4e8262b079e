#include "node/kernel/nft_transaction.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "lib/net/bytes.h"
#include "node/kernel/nft_objects.h"
#include "support/hex.h"

// nf_tables messages byte for byte. Host order is little-endian here.
namespace fairlead::kernel {
namespace {

net::Bytes bytes_of(NftTransaction& transaction) {
  const auto bytes = transaction.batch().bytes();
  return {bytes.begin(), bytes.end()};
}

// What lies between the frames of a transaction of one message, behind its nlmsghdr and nfgenmsg.
net::Bytes attributes_of_only_message(NftTransaction& transaction) {
  const net::Bytes all = bytes_of(transaction);
  return {all.begin() + 20 + 20, all.end() - 20};
}

TEST(NftTransaction, FramesItsMessagesAndAsksForTheAnswerOfTheLastOne) {
  NftTransaction transaction(NFPROTO_NETDEV, 7);
  append_table(transaction, "tt", NFT_MSG_NEWTABLE);
  append_table(transaction, "tt", NFT_MSG_DELTABLE);
  transaction.finish();
  EXPECT_EQ(bytes_of(transaction), test::hex("14000000 1000 0100 07000000 00000000 00 00 000a"  // begin
                                             "1c000000 000a 0104 08000000 00000000 05 00 0000"  // CREATE
                                             "0700 0100 74740000"
                                             "1c000000 020a 0500 09000000 00000000 05 00 0000"  // ACK
                                             "0700 0100 74740000"
                                             "14000000 1100 0100 0a000000 00000000 00 00 000a"));  // end
  EXPECT_EQ(transaction.barrier(), 9U);
}

// NFNL_BATCH_GENID: the kernel refuses it once there is another generation.
TEST(NftTransaction, NamesTheGenerationThatItIsFor) {
  NftTransaction transaction(NFPROTO_NETDEV, 7, Generation(0x01020304));
  append_table(transaction, "tt", NFT_MSG_NEWTABLE);
  transaction.finish();
  const net::Bytes all = bytes_of(transaction);
  EXPECT_EQ(net::Bytes(all.begin(), all.begin() + 28),
            test::hex("1c000000 1000 0100 07000000 00000000 00 00 000a 0800 0100 01020304"));
}

TEST(NftTransaction, KnowsWhatItsMessagesWereFor) {
  NftTransaction transaction(NFPROTO_NETDEV, 7);
  EXPECT_TRUE(transaction.empty());
  append_chain(transaction, "tt", NFT_MSG_NEWCHAIN, "cc");
  EXPECT_FALSE(transaction.empty());
  EXPECT_EQ(transaction.what(8), "chain cc");
  EXPECT_EQ(transaction.what(7), "transaction");
}

TEST(NftObjects, ASetWithTimeouts) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  append_set(transaction, "t", {"s", NFT_SET_TIMEOUT | NFT_SET_EVAL, 7, 4, 0, 0, 9}, 3);
  transaction.finish();
  EXPECT_EQ(attributes_of_only_message(transaction),
            test::hex("0600 0100 74000000"            // table
                      "0600 0200 73000000"            // name
                      "0800 0300 00000030"            // flags: timeout 0x10, eval 0x20
                      "0800 0400 00000007"            // type of the key
                      "0800 0500 00000004"            // its length
                      "0c00 0980 0800 0100 00000009"  // description: size
                      "0800 0a00 00000003"));         // id
}

TEST(NftObjects, AMapOfVerdicts) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  append_set(transaction, "t", {"m", NFT_SET_MAP, 7, 4, NFT_DATA_VERDICT, 0, 0}, 1);
  transaction.finish();
  EXPECT_EQ(attributes_of_only_message(transaction),
            test::hex("0600 0100 74000000 0600 0200 6d000000 0800 0300 00000008 0800 0400 00000007"
                      "0800 0500 00000004 0800 0600 ffffff00 0800 0a00 00000001"));
}

TEST(NftObjects, AHookOfAnInterface) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  append_hook(transaction, "t", {"c", "eth1", NF_NETDEV_EGRESS, -300});
  transaction.finish();
  EXPECT_EQ(attributes_of_only_message(transaction),
            test::hex("0600 0100 74000000 0600 0300 63000000"
                      "2000 0480 0800 0100 00000001 0800 0200 fffffed4 0900 0300 6574683100000000"
                      "0b00 0700 66696c74657200 00"
                      "0800 0500 00000001"));
}

TEST(NftObjects, AnElementOfASetWithItsTimeInMilliseconds) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  const NftElement element{{192, 0, 2, 1}, {}, {}, Milliseconds(0x12d)};
  append_elements(transaction, "t", NFT_MSG_NEWSETELEM, "s", {&element, 1});
  transaction.finish();
  EXPECT_EQ(attributes_of_only_message(transaction),
            test::hex("0600 0100 74000000 0600 0200 73000000"
                      "2000 0380 1c00 0180 0c00 0180 0800 0100 c0000201 0c00 0400 000000000000012d"));
}

TEST(NftObjects, AnElementOfAVerdictMap) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  const NftElement element{{192, 0, 2, 1}, {}, "c", Milliseconds(0)};
  append_elements(transaction, "t", NFT_MSG_NEWSETELEM, "m", {&element, 1});
  transaction.finish();
  EXPECT_EQ(attributes_of_only_message(transaction),
            test::hex("0600 0100 74000000 0600 0200 6d000000"
                      "2c00 0380 2800 0180 0c00 0180 0800 0100 c0000201"
                      "1800 0280 1400 0280 0800 0100 fffffffd 0600 0200 63000000"));  // jump c
}

TEST(NftObjects, ManyElementsTakeSeveralMessages) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  const NftElements elements(801, NftElement{{192, 0, 2, 1}, {}, {}, Milliseconds(0)});
  append_elements(transaction, "t", NFT_MSG_NEWSETELEM, "s", elements);
  EXPECT_EQ(transaction.barrier(), 3U);
  NftTransaction none(NFPROTO_NETDEV, 0);
  append_elements(none, "t", NFT_MSG_NEWSETELEM, "s", {});
  EXPECT_TRUE(none.empty());
}

net::Bytes only_expression(NftTransaction& transaction) {
  transaction.finish();
  const net::Bytes all = attributes_of_only_message(transaction);
  return {all.begin() + 8 + 8 + 4, all.end()};  // table, chain, list
}

TEST(NftRule, UpdatesASetWithATimeout) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  NftRule(transaction, "t", "c").update("s", NFT_REG_2, Milliseconds(301)).end();
  EXPECT_EQ(only_expression(transaction),
            test::hex("3800 0180 0b00 0100 64796e73657400 00"             // dynset
                      "2800 0280 0600 0100 73000000 0800 0300 00000001"   // set, operation update
                      "0800 0400 00000002 0c00 0600 000000000000012d"));  // key, time
}

TEST(NftRule, GoesOnIfASetHasNotTheKey) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  NftRule(transaction, "t", "c").is_not_in("s", NFT_REG_1).end();
  EXPECT_EQ(only_expression(transaction),
            test::hex("2c00 0180 0b00 0100 6c6f6f6b757000 00"
                      "1c00 0280 0600 0100 73000000 0800 0200 00000001 0800 0500 00000001"));
}

TEST(NftRule, ComparesAPartOfThePacket) {
  NftTransaction transaction(NFPROTO_NETDEV, 0);
  const std::uint8_t value = 255;
  NftRule(transaction, "t", "c")
      .load_payload(NFT_PAYLOAD_NETWORK_HEADER, 8, 1, NFT_REG_1)
      .equals(NFT_REG_1, {&value, 1})
      .end();
  EXPECT_EQ(only_expression(transaction),
            test::hex("3400 0180 0c00 0100 7061796c6f616400"
                      "2400 0280 0800 0100 00000001 0800 0200 00000001 0800 0300 00000008 0800 0400 00000001"
                      "2c00 0180 0800 0100 636d7000"
                      "2000 0280 0800 0100 00000001 0800 0200 00000000 0c00 0380 0500 0100 ff000000"));
}

TEST(NftRule, PartsOfARegisterFollowEachOther) {
  EXPECT_EQ(part_of(NFT_REG_1, 0), NFT_REG32_00);
  EXPECT_EQ(part_of(NFT_REG_2, 0), NFT_REG32_04);
  EXPECT_EQ(part_of(NFT_REG_2, 2), NFT_REG32_06);
}

}  // namespace
}  // namespace fairlead::kernel
