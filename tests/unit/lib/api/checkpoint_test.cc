#include "lib/api/checkpoint.h"

#include <gmock/gmock.h>

namespace fairlead::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

net::IpAddress ip(const std::string& text) { return *net::parse_address(text); }

Checkpoint sample() {
  Checkpoint out;
  out.node = "node-a";
  out.node_uid = "8a6e0804-2bd0-4672-b79d-d97027f9071a";
  out.written = WallTime(Microseconds(1'700'000'000'123'456));
  VRRPGroup group;
  group.meta.name = "192-0-2-0-24-v4-51";
  group.meta.uid = "group-uid";
  group.meta.generation = 12;
  group.meta.creation_timestamp = WallTime(Seconds(1'700'000'000));
  group.meta.labels = {{"node.fairlead.dev/node-a", ""}};
  group.spec.virtual_router_id = 51;
  group.spec.interface = "eth0";
  group.spec.advert_interval = Milliseconds(250);
  group.spec.config_epoch = 3;
  group.spec.fence_lifetime = Seconds(2);
  group.spec.addresses = {{ip("192.0.2.10"), 32, Forwarding::kDelegate, {{"shop", "web", "vip-uid"}}},
                          {ip("192.0.2.11"), 32, Forwarding::kNat, {}}};
  group.spec.members = {{"node-a", "uid-a", 200, "eth1"}, {"node-b", "", 100, ""}};
  out.groups = {group};
  RealServerSet set;
  set.meta.namespace_name = "shop";
  set.meta.name = "web-v4-0";
  set.meta.uid = "set-uid";
  set.meta.generation = 4;
  set.meta.creation_timestamp = WallTime(Seconds(1'700'000'001));
  set.spec.group = group.meta.name;
  VirtualServer server;
  server.address = ip("192.0.2.11");
  server.port = net::Port(80);
  server.scheduler = Scheduler::kRr;
  server.reals = {{ip("10.0.0.1"), net::Port(8080), Weight(3), "node-b", RealState::kReady},
                  {ip("10.0.0.2"), net::Port(8080), Weight(1), "", RealState::kDraining}};
  set.spec.virtual_servers = {server};
  out.sets = {set};
  VRRPGroup written;
  written.meta.name = "gateway";
  written.meta.uid = "manifest";
  written.spec.virtual_router_id = 52;
  written.spec.interface = "eth0";
  written.spec.addresses = {{ip("192.0.2.12"), 32, Forwarding::kDelegate, {}}};
  written.spec.members = {{"node-a", "", 255, ""}};
  RealServerSet servers;
  servers.meta.name = "web";
  servers.meta.uid = "manifest";
  servers.spec.group = "gateway";
  servers.spec.virtual_servers = {server};
  out.manifests = {{"a.yaml", {written}, {servers}}, {"b.yaml", {}, {}}};
  out.owned_addresses = {ip("192.0.2.10"), ip("2001:db8::1")};
  out.owned_services = {{ip("192.0.2.11"), net::Protocol::kTcp, net::Port(80)},
                        {ip("192.0.2.11"), net::Protocol::kUdp, net::Port(53)}};
  return out;
}

// Failure-model FN-17: a node that reboots with the API gone comes up from its checkpoint.
TEST(Checkpoint, ComesBackAsItWasWritten) {
  const auto decoded = decode_checkpoint(encode_checkpoint(sample()));
  EXPECT_THAT(decoded.problems, IsEmpty());
  EXPECT_EQ(decoded.value, sample());
}

// Of a version that knew no static manifests.
TEST(Checkpoint, WithoutAListOfManifestsItHasNone) {
  const std::string payload = R"({"node":"a","groups":[],"sets":[]})";
  // sha256sum of the payload
  const std::string text =
      R"({"version":1,"sha256":"024ab7f4589ff5a7bd95063026f70c1506a86dc0c56e7425935bc3b9078a4c91","payload":)" +
      payload + "}\n";
  const auto decoded = decode_checkpoint(text);
  EXPECT_THAT(decoded.problems, IsEmpty());
  EXPECT_THAT(decoded.value.manifests, IsEmpty());
}

TEST(Checkpoint, AnEmptyOneComesBackToo) {
  Checkpoint empty;
  empty.node = "node-a";
  const auto decoded = decode_checkpoint(encode_checkpoint(empty));
  EXPECT_THAT(decoded.problems, IsEmpty());
  EXPECT_EQ(decoded.value, empty);
}

TEST(Checkpoint, LeavesOutWhatOnlyTheApiServerNeeds) {
  auto with_more = sample();
  with_more.groups[0].meta.resource_version = "991";
  EXPECT_EQ(encode_checkpoint(with_more), encode_checkpoint(sample()));
}

// FN-15: cut at each byte.
TEST(Checkpoint, IsRefusedWhereverItIsCutOff) {
  const std::string text = encode_checkpoint(sample());
  for (std::size_t size = 0; size < text.size(); ++size) {
    ASSERT_FALSE(decode_checkpoint(std::string_view(text).substr(0, size)).ok()) << "at byte " << size;
  }
}

// FN-15: flipped bits.
TEST(Checkpoint, IsRefusedWhicheverBitIsFlipped) {
  std::string text = encode_checkpoint(sample());
  for (std::size_t i = 0; i < text.size() * 8; ++i) {
    const auto bit = static_cast<char>(1 << (i % 8));
    text[i / 8] = static_cast<char>(text[i / 8] ^ bit);
    ASSERT_FALSE(decode_checkpoint(text).ok()) << "bit " << i;
    text[i / 8] = static_cast<char>(text[i / 8] ^ bit);
  }
}

TEST(Checkpoint, IsRefusedWithAnythingBehindIt) {
  EXPECT_FALSE(decode_checkpoint(encode_checkpoint(sample()) + "\n").ok());
}

// S-14: content whose checksum is right, but which no API server would have accepted.
TEST(Checkpoint, NamesTheObjectThatDoesNotDecode) {
  auto hostile = sample();
  hostile.groups[0].spec.virtual_router_id = 0;
  const auto problems = decode_checkpoint(encode_checkpoint(hostile)).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "groups[0].spec.virtualRouterID");
}

TEST(Checkpoint, SaysWhatIsWrong) {
  const std::string text = encode_checkpoint(sample());
  std::string damaged = text;
  damaged[text.size() / 2] ^= 1;
  EXPECT_THAT(decode_checkpoint(damaged).problems, ElementsAre(Problem{"", "is damaged: wrong checksum"}));
  EXPECT_THAT(decode_checkpoint(text.substr(0, text.size() - 1)).problems,
              ElementsAre(Problem{"", "is cut off"}));
  std::string other = text;
  other.replace(other.find(":1"), 2, ":2");
  EXPECT_THAT(decode_checkpoint(other).problems, ElementsAre(Problem{"", "is no checkpoint of version 1"}));
}

}  // namespace
}  // namespace fairlead::api
