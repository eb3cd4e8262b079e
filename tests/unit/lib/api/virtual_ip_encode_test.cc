#include <gtest/gtest.h>

#include "lib/api/virtual_ip.h"

namespace fairlead::api {
namespace {

net::IpAddress ip(std::string_view text) { return *net::parse_address(text); }

VirtualIP from_service() {
  VirtualIP vip;
  vip.meta.name = "web";
  vip.meta.namespace_name = "shop";
  vip.meta.finalizers = {std::string(kReleaseFinalizer)};
  vip.meta.owner_references = {{"v1", "Service", "web", "s1", true}};
  vip.spec.addresses = {ip("192.0.2.10")};
  vip.spec.service = "web";
  return vip;
}

TEST(EncodeVirtualIP, WritesMetadataAndTheSpecThatAServiceYields) {
  EXPECT_EQ(
      encode_virtual_ip(from_service()),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VirtualIP","metadata":{"finalizers":["fairlead.dev/release"],)"
      R"("name":"web","namespace":"shop","ownerReferences":[{"apiVersion":"v1","controller":true,"kind":"Service",)"
      R"("name":"web","uid":"s1"}]},"spec":{"addresses":["192.0.2.10"],"forwarding":"NAT","onNoEndpoints":"Reject",)"
      R"("scheduler":"wlc","serviceRef":{"name":"web"}}})");
}

TEST(EncodeVirtualIP, IsReadBackAsTheSameValue) {
  VirtualIP vip = from_service();
  EXPECT_EQ(decode_virtual_ip(encode_virtual_ip(vip)).value, vip);
  vip.spec.service.reset();
  vip.spec.pool = "public";
  vip.spec.ip_families = {net::Family::kIPv4};
  vip.spec.sharing_key = "mail";
  vip.spec.scheduler = Scheduler::kRr;
  vip.spec.servers = {{ip("192.0.2.21"), net::Port(8080), Weight(3)},
                      {ip("192.0.2.22"), std::nullopt, Weight(0)}};
  vip.spec.ports = {{"http", net::Port(80), net::Port(8080), net::Protocol::kTcp}};
  EXPECT_EQ(decode_virtual_ip(encode_virtual_ip(vip)).value, vip);
}

// K-27: the resource version, where known, goes into every apply; status goes alone.
TEST(EncodeVirtualIPStatus, WritesStatusOnlyWithTheResourceVersion) {
  VirtualIP vip = from_service();
  vip.meta.resource_version = "77";
  vip.status.observed_generation = 3;
  vip.status.address = "192.0.2.10";
  vip.status.addresses = {"192.0.2.10"};
  vip.status.groups = {"g"};
  vip.status.master = "node-a";
  vip.status.state = "Ready";
  vip.status.reals = "2/2";
  vip.status.last_transition =
      LastTransition{WallTime(Microseconds(1500000)), "", "node-a", "Startup", std::nullopt};
  vip.status.conditions = {{"Ready", ConditionStatus::kFalse, "NoMaster", "", 3, WallTime(Seconds(1))}};
  const std::string text = encode_virtual_ip_status(vip);
  EXPECT_EQ(
      text,
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VirtualIP","metadata":{"name":"web","namespace":"shop",)"
      R"("resourceVersion":"77"},"status":{"address":"192.0.2.10","addresses":["192.0.2.10"],"conditions":)"
      R"([{"lastTransitionTime":"1970-01-01T00:00:01Z","message":"","observedGeneration":3,"reason":"NoMaster",)"
      R"("status":"False","type":"Ready"}],"groups":["g"],"lastTransition":{"reason":"Startup",)"
      R"("time":"1970-01-01T00:00:01.500000Z","to":"node-a"},"master":"node-a","observedGeneration":3,)"
      R"("reals":"2/2","state":"Ready"}})");
  EXPECT_EQ(decode_virtual_ip(text).value.status, vip.status);
}

// K-30.
TEST(EncodeVirtualIPFinalizers, WritesTheListAloneEvenIfEmpty) {
  VirtualIP vip = from_service();
  EXPECT_EQ(
      encode_virtual_ip_finalizers(vip),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VirtualIP","metadata":{"finalizers":["fairlead.dev/release"],)"
      R"("name":"web","namespace":"shop"}})");
  vip.meta.finalizers.clear();
  EXPECT_EQ(
      encode_virtual_ip_finalizers(vip),
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VirtualIP","metadata":{"finalizers":[],"name":"web","namespace":"shop"}})");
}

}  // namespace
}  // namespace fairlead::api
