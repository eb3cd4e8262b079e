#include "lib/api/address_claim.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

AddressClaim claim() {
  AddressClaim out;
  out.meta.name = "v4-203-0-113-10";
  out.spec = {ip("203.0.113.10"), "public", "", {"shop", "web", "8c21d0e4"}};
  return out;
}
std::string with_spec(const std::string& spec) {
  return R"({"metadata":{"name":"v4-203-0-113-10"},"spec":{)" + spec + "}}";
}
const std::string kOwner = R"("owner":{"kind":"VirtualIP","namespace":"shop","name":"web","uid":"8c21d0e4"})";
const std::string kAddress = R"("address":"203.0.113.10")";

// kubernetes.md 1, "Claim names".
TEST(AddressClaim, IsNamedForItsAddress) {
  EXPECT_EQ(address_claim_name(ip("203.0.113.10")), "v4-203-0-113-10");
  EXPECT_EQ(address_claim_name(ip("2001:db8::a")), "v6-20010db800000000000000000000000a");
  EXPECT_EQ(address_claim_name(ip("2001:DB8:0:0::000a")), address_claim_name(ip("2001:db8::a")));
}

TEST(AddressClaim, ComesBackAsItWasWritten) {
  AddressClaim object = claim();
  const auto plain = decode_address_claim(encode_address_claim(object));
  ASSERT_TRUE(plain.ok()) << to_string(plain.problems);
  EXPECT_EQ(plain.value, object);
  object.spec.sharing_key = "mail";
  const auto shared = decode_address_claim(encode_address_claim(object));
  EXPECT_EQ(shared.value, object);
}

TEST(AddressClaim, ItsBodyIsWhatTheApiServerGets) {
  EXPECT_EQ(
      encode_address_claim(claim()),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"AddressClaim","metadata":{"name":"v4-203-0-113-10"},)"
      R"("spec":{"address":"203.0.113.10","owner":{"kind":"VirtualIP","name":"web","namespace":"shop",)"
      R"("uid":"8c21d0e4"},"pool":"public"}})");
}

TEST(AddressClaim, NamesAGroupFromTheBeginningOrByAWriteOfThatAlone) {
  AddressClaim object = claim();
  EXPECT_EQ(group_named_by(object), "");
  object.meta.annotations[kClaimGroupAnnotation] = "eth0-v4-51";
  EXPECT_EQ(group_named_by(decode_address_claim(encode_address_claim(object)).value), "eth0-v4-51");
  object.meta.resource_version = "7";
  object.meta.annotations["another"] = "is not ours to write";
  EXPECT_EQ(encode_address_claim_group(object),
            R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"AddressClaim","metadata":{"annotations":)"
            R"({"fairlead.dev/group":"eth0-v4-51"},"name":"v4-203-0-113-10","resourceVersion":"7"}})");
}

// kubernetes.md 1, "Sharing": written with RV.
TEST(AddressClaim, ItsStatusCarriesTheResourceVersion) {
  AddressClaim object = claim();
  object.meta.resource_version = "7";
  object.status_holders = {{"shop", "mail", "1"}};
  EXPECT_EQ(
      encode_address_claim_status(object),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"AddressClaim","metadata":{"name":)"
      R"("v4-203-0-113-10","resourceVersion":"7"},"status":{"holders":[{"kind":"VirtualIP","name":"mail",)"
      R"("namespace":"shop","uid":"1"}]}})");
}

TEST(AddressClaim, IsHeldByItsOwnerUntilHoldersAreWritten) {
  AddressClaim object = claim();
  EXPECT_EQ(holders_of(object), (std::vector<AddressOwner>{{"shop", "web", "8c21d0e4"}}));
  object.status_holders = {{"shop", "mail", "1"}};
  EXPECT_EQ(holders_of(object), (std::vector<AddressOwner>{{"shop", "mail", "1"}}));
}

TEST(AddressClaim, RefusesWithPathAndWhatIsAllowed) {
  const std::string wrong_name =
      "spec.address: must be the address that metadata.name is made of (then that is v4-203-0-113-11), got "
      "\"203.0.113.11\"";
  const std::pair<std::string, std::string> refused[] = {
      {R"({"metadata":{"name":"v4-203-0-113-10"}})", "spec: required"},
      {with_spec(kOwner), "spec.address: required"},
      {with_spec(kAddress), "spec.owner: required"},
      {with_spec(R"("address":"203.0.113.11",)" + kOwner), wrong_name},
      {with_spec(kAddress + R"(,"owner":{"kind":"Service","namespace":"a","name":"b","uid":"c"})"),
       "spec.owner.kind: must be one of VirtualIP, got \"Service\""},
      {with_spec(kAddress + R"(,"owner":{"namespace":"a","name":"","uid":"c"})"),
       "spec.owner.name: must not be empty"},
      {with_spec(kAddress + R"(,"owner":{"namespace":"a","name":"b"})"), "spec.owner.uid: required"},
  };
  for (const auto& [text, problems] : refused) {
    EXPECT_EQ(to_string(decode_address_claim(text).problems), problems) << text;
  }
  const std::string holder = R"({"namespace":"a","name":"b","uid":"c"})";
  const auto twice =
      decode_address_claim(R"({"metadata":{"name":"v4-203-0-113-10"},"spec":{)" + kAddress + "," + kOwner +
                           R"(},"status":{"holders":[)" + holder + "," + holder + "]}}");
  ASSERT_EQ(twice.problems.size(), 1U);
  EXPECT_EQ(twice.problems.front().path, "status.holders[1]");
}

}  // namespace
}  // namespace fairlead::api
