#include "lib/net/checksum.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "lib/net/bytes.h"

namespace fairlead::net {
namespace {

// The example of RFC 1071 3.
TEST(InternetChecksum, MatchesTheExampleOfRfc1071) {
  const Bytes bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(ones_complement_sum(bytes, 0), 0xddf2);
  EXPECT_EQ(internet_checksum(bytes), 0x220d);
}

TEST(InternetChecksum, PadsAnOddByteOnTheRight) {
  EXPECT_EQ(ones_complement_sum(Bytes{0x12}, 0), 0x1200);
  EXPECT_EQ(ones_complement_sum(Bytes{}, 0x1234), 0x1234);
}

TEST(InternetChecksum, CanBeTakenInPiecesOfEvenLength) {
  const bool holds = rc::check([](const Bytes& tail, std::uint16_t first, std::uint16_t second) {
    ByteWriter head;
    head.u16(first);
    head.u16(second);
    ByteWriter whole;
    whole.raw(head.view());
    whole.raw(tail);
    RC_ASSERT(ones_complement_sum(tail, ones_complement_sum(head.view(), 0)) ==
              ones_complement_sum(whole.view(), 0));
  });
  EXPECT_TRUE(holds);
}

// RFC 1071 1 (2): with the checksum in place the sum is all ones.
TEST(InternetChecksum, MakesTheSumAllOnes) {
  const bool holds = rc::check([](const Bytes& payload) {
    ByteWriter out;
    out.u16(0);
    out.raw(payload);
    out.patch_u16(0, internet_checksum(out.view()));
    RC_ASSERT(ones_complement_sum(out.view(), 0) == 0xffff);
  });
  EXPECT_TRUE(holds);
}

TEST(ByteWriter, WritesNetworkByteOrder) {
  ByteWriter out;
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  EXPECT_EQ(out.size(), 7U);
  EXPECT_EQ(u16_at(out.view(), 1), 0x0203);
  EXPECT_EQ(u32_at(out.view(), 3), 0x04050607U);
  out.patch_u16(1, 0xaabb);
  EXPECT_EQ(std::move(out).take(), (Bytes{0x01, 0xaa, 0xbb, 0x04, 0x05, 0x06, 0x07}));
}

}  // namespace
}  // namespace fairlead::net
