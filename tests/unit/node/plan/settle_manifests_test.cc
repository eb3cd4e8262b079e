#include "node/plan/manifests.h"

#include <gmock/gmock.h>

#include <ctime>

#include "unit/node/plan/builders.h"
#include "unit/node/plan/manifest_samples.h"

namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using testing::ip;
using ::testing::IsEmpty;

// What is in force, as "file: names".
Texts names(const ManifestFiles& files) {
  Texts out;
  for (const auto& [name, file] : files) {
    std::string line = name + ":";
    for (const auto& one : file.groups) line += " " + one.object.meta.name;
    for (const auto& one : file.sets) line += " " + one.object.meta.name;
    out.push_back(line);
  }
  return out;
}

int id_in(const SettledManifests& settled, const std::string& file) {
  return settled.in_force.at(file).groups.front().object.spec.virtual_router_id;
}

SettledManifests settled(const ManifestFiles& before, const std::map<std::string, ReadManifest>& shown) {
  return settle(kNode, before, shown);
}

TEST(Settle, GoodFilesAreInForceAndGoWhenTheyAreNotShown) {
  const auto first = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})},
                                  {"b.yaml", read("b.yaml", {group_json("b", 52, "192.0.2.11")})}});
  EXPECT_THAT(names(first.in_force), ElementsAre("a.yaml: a", "b.yaml: b"));
  EXPECT_THAT(first.refusals, IsEmpty());
  const auto then =
      settled(first.in_force, {{"b.yaml", read("b.yaml", {group_json("b", 52, "192.0.2.11")})}});
  EXPECT_THAT(names(then.in_force), ElementsAre("b.yaml: b"));
}

// I-8. The last good state stays in force; a bad file harms only itself.
TEST(Settle, OfABadFileTheLastGoodVersionStaysAndTheOthersAreTaken) {
  const auto first = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})},
                                  {"b.yaml", read("b.yaml", {group_json("b", 52, "192.0.2.11")})}});
  const auto then =
      settled(first.in_force, {{"a.yaml", read("a.yaml", {group_json("a", 0, "192.0.2.10")})},
                               {"b.yaml", read("b.yaml", {group_json("b", 53, "192.0.2.11")})}});
  EXPECT_EQ(id_in(then, "a.yaml"), 51);
  EXPECT_EQ(id_in(then, "b.yaml"), 53);
  EXPECT_THAT(texts(then.refusals),
              ElementsAre("a.yaml:5: VRRPGroup a: spec.virtualRouterID: must be 1..255, got 0"));
}

// The log and `status` tell all of them; a file of zeros and ones has half a million.
TEST(Settle, OfAFileWithVeryManyProblemsTheFirstAreToldAndHowManyMore) {
  std::vector<std::string> documents(150, "{}");
  const auto first = settled({}, {{"a.yaml", read("a.yaml", documents)}, {"b.yaml", read("b.yaml", {"{}"})}});
  ASSERT_EQ(first.refusals.size(), 102U);
  const auto told = texts(first.refusals);
  EXPECT_EQ(told[99], "a.yaml:992: kind: required");
  EXPECT_EQ(told[100], "b.yaml:2: kind: required");
  EXPECT_EQ(told[101], "a.yaml: and 50 problems more");
}

TEST(Settle, OfAFileWithManyProblemsEachIsTold) {
  const auto first = settled({}, {{"a.yaml", read("a.yaml", std::vector<std::string>(100, "{}"))}});
  EXPECT_EQ(first.refusals.size(), 100U);
  EXPECT_EQ(texts(first.refusals)[99], "a.yaml:992: kind: required");
}

TEST(Settle, ABadFileThatWasNeverGoodIsNotInForce) {
  const auto first = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 0, "192.0.2.10")})}});
  EXPECT_THAT(first.in_force, IsEmpty());
  EXPECT_EQ(first.refusals.size(), 1U);
}

// "Two files with one VRID on one interface, or one address in two groups: refused, naming both."
TEST(Settle, OfTwoNewFilesWithOneVirtualRouterIdTheLaterNameIsRefused) {
  const auto out = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})},
                                {"b.yaml", read("b.yaml", {group_json("b", 51, "192.0.2.11")})}});
  EXPECT_THAT(names(out.in_force), ElementsAre("a.yaml: a"));
  EXPECT_THAT(texts(out.refusals),
              ElementsAre("b.yaml:5: VRRPGroup b: spec.virtualRouterID: virtual router 51 (IPv4) on eth0 is "
                          "also in a.yaml:5 (VRRPGroup a)"));
}

TEST(Settle, OneAddressInTwoGroupsIsRefusedNamingBoth) {
  const auto out = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})},
                                {"b.yaml", read("b.yaml", {group_json("b", 52, "192.0.2.10")})}});
  EXPECT_THAT(names(out.in_force), ElementsAre("a.yaml: a"));
  EXPECT_THAT(texts(out.refusals),
              ElementsAre("b.yaml:6: VRRPGroup b: spec.addresses[0].address: 192.0.2.10 is "
                          "also in a.yaml:6 (VRRPGroup a)"));
}

TEST(Settle, OneVirtualRouterIdOnTwoInterfacesOrInTwoFamiliesIsFine) {
  auto other_interface = group_json("b", 51, "192.0.2.11");
  other_interface.replace(other_interface.find("eth0"), 4, "eth1");
  auto other_family = group_json("c", 51, "2001:db8::10");
  other_family.replace(other_family.find("IPv4"), 4, "IPv6");
  const auto out = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})},
                                {"b.yaml", read("b.yaml", {other_interface})},
                                {"c.yaml", read("c.yaml", {other_family})}});
  EXPECT_THAT(texts(out.refusals), IsEmpty());
}

// What runs is not taken away by a file that comes later, whatever its name.
TEST(Settle, WhoHadItBeforeKeepsIt) {
  const auto first = settled({}, {{"b.yaml", read("b.yaml", {group_json("b", 51, "192.0.2.10")})}});
  const auto then =
      settled(first.in_force, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.11")})},
                               {"b.yaml", read("b.yaml", {group_json("b", 51, "192.0.2.12")})}});
  EXPECT_THAT(names(then.in_force), ElementsAre("b.yaml: b"));
  EXPECT_EQ(then.in_force.at("b.yaml").groups[0].object.spec.addresses[0].address, ip("192.0.2.12"));
  EXPECT_THAT(texts(then.refusals),
              ElementsAre("a.yaml:5: VRRPGroup a: spec.virtualRouterID: virtual router 51 (IPv4) on eth0 is "
                          "also in b.yaml:5 (VRRPGroup b)"));
}

TEST(Settle, AChangeThatTakesWhatAnotherHasLeavesTheOldVersionInForce) {
  const auto first = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})},
                                  {"b.yaml", read("b.yaml", {group_json("b", 52, "192.0.2.11")})}});
  const auto then =
      settled(first.in_force, {{"a.yaml", read("a.yaml", {group_json("a", 52, "192.0.2.10")})},
                               {"b.yaml", read("b.yaml", {group_json("b", 52, "192.0.2.11")})}});
  EXPECT_EQ(id_in(then, "a.yaml"), 51);
  EXPECT_EQ(id_in(then, "b.yaml"), 52);
  EXPECT_EQ(then.refusals.size(), 1U);
}

TEST(Settle, TwoFilesMaySwapTheirIds) {
  const auto first = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})},
                                  {"b.yaml", read("b.yaml", {group_json("b", 52, "192.0.2.11")})}});
  const auto then =
      settled(first.in_force, {{"a.yaml", read("a.yaml", {group_json("a", 52, "192.0.2.10")})},
                               {"b.yaml", read("b.yaml", {group_json("b", 51, "192.0.2.11")})}});
  EXPECT_EQ(id_in(then, "a.yaml"), 52);
  EXPECT_EQ(id_in(then, "b.yaml"), 51);
  EXPECT_THAT(then.refusals, IsEmpty());
}

// Of three that wish for a ring, one is bad: the others go back to where nobody is hurt.
TEST(Settle, ARingThatCannotCloseIsTakenBackAsFarAsItReaches) {
  const auto first = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 1, "192.0.2.1")})},
                                  {"b.yaml", read("b.yaml", {group_json("b", 2, "192.0.2.2")})},
                                  {"c.yaml", read("c.yaml", {group_json("c", 3, "192.0.2.3")})}});
  const auto then = settled(first.in_force, {{"a.yaml", read("a.yaml", {group_json("a", 2, "192.0.2.1")})},
                                             {"b.yaml", read("b.yaml", {group_json("b", 3, "192.0.2.2")})},
                                             {"c.yaml", read("c.yaml", {group_json("c", 0, "192.0.2.3")})}});
  EXPECT_EQ(id_in(then, "a.yaml"), 1);
  EXPECT_EQ(id_in(then, "b.yaml"), 2);
  EXPECT_EQ(id_in(then, "c.yaml"), 3);
  EXPECT_EQ(then.refusals.size(), 3U);
}

// a is in the way of b, and gives way itself to c, which had the address before.
TEST(Settle, WhoWasHinderedByOneThatIsTakenBackGoesOn) {
  const auto first = settled({}, {{"c.yaml", read("c.yaml", {group_json("c", 4, "192.0.2.3")})}});
  const auto then = settled(first.in_force, {{"a.yaml", read("a.yaml", {group_json("a", 3, "192.0.2.3")})},
                                             {"b.yaml", read("b.yaml", {group_json("b", 3, "192.0.2.2")})},
                                             {"c.yaml", read("c.yaml", {group_json("c", 4, "192.0.2.3")})}});
  EXPECT_THAT(names(then.in_force), ElementsAre("b.yaml: b", "c.yaml: c"));
  EXPECT_THAT(texts(then.refusals),
              ElementsAre("a.yaml:6: VRRPGroup a: spec.addresses[0].address: 192.0.2.3 is "
                          "also in c.yaml:6 (VRRPGroup c)"));
}

// Copies of a file in its folder: when all of them were compared again for each, these took minutes.
TEST(Settle, ManyFilesThatSayTheSameAreSettledSoon) {
  std::vector<std::string> documents;
  for (int i = 0; i < 60; ++i) {
    documents.push_back(group_json("g" + std::to_string(i), i + 1, "192.0.2." + std::to_string(i + 1)));
  }
  std::map<std::string, ReadManifest> shown;
  for (int i = 0; i < 300; ++i) {
    const auto name = "f" + std::to_string(1000 + i) + ".yaml";
    shown.emplace(name, read(name, documents));
  }
  const auto begun = std::clock();
  const auto out = settled({}, shown);
  EXPECT_LT(static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC, 10);
  ASSERT_EQ(out.in_force.size(), 1U);
  EXPECT_TRUE(out.in_force.contains("f1000.yaml"));
  EXPECT_EQ(out.refusals.size(), 299 * 101U);
  EXPECT_EQ(texts({out.refusals.back()})[0], "f1299.yaml: and 80 problems more");
}

TEST(Settle, AnObjectMovesFromFileToFile) {
  const auto first = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})}});
  const auto then =
      settled(first.in_force, {{"b.yaml", read("b.yaml", {group_json("a", 51, "192.0.2.10")})}});
  EXPECT_THAT(names(then.in_force), ElementsAre("b.yaml: a"));
  EXPECT_THAT(then.refusals, IsEmpty());
}

TEST(Settle, GroupsThatDoNotListUsCollideInTheirNamesAlone) {
  auto theirs = group_json("b", 51, "192.0.2.10");
  theirs.replace(theirs.find("node-a"), 6, "node-c");
  const auto out = settled({}, {{"a.yaml", read("a.yaml", {group_json("a", 51, "192.0.2.10")})},
                                {"b.yaml", read("b.yaml", {theirs})}});
  EXPECT_THAT(names(out.in_force), ElementsAre("a.yaml: a", "b.yaml: b"));
  EXPECT_THAT(texts(out.remarks), ElementsAre("b.yaml:7: VRRPGroup b: spec.members: none is called node-a "
                                              "(--node-name): not run here"));
}

TEST(Settle, RemarksOnWhatDoesNothing) {
  auto waits = group_json("gw", 51, "192.0.2.10");
  waits.replace(waits.find("Delegate"), 8, "NAT");
  const auto out = settled({}, {{"a.yaml", read("a.yaml", {waits, set_json("x", "gw", "192.0.2.99"),
                                                           set_json("y", "nobody", "192.0.2.98")})}});
  EXPECT_THAT(names(out.in_force), ElementsAre("a.yaml: gw x y"));
  EXPECT_THAT(
      texts(out.remarks),
      ElementsAre(
          "a.yaml:6: VRRPGroup gw: spec.addresses[0]: 192.0.2.10 waits for a RealServerSet that names "
          "it, and the group with it; without one say forwarding: Delegate",
          "a.yaml:14: RealServerSet x: spec.virtualServers[0].address: 192.0.2.99 is no address of "
          "VRRPGroup gw (a.yaml:6)",
          "a.yaml:24: RealServerSet y: spec.group: no file has a VRRPGroup nobody"));
}

// As an editor on a full disk leaves one.
TEST(Settle, RemarksOnAFileWithoutObjects) {
  const auto out = settled({}, {{"a.yaml", read("a.yaml", {})}});
  EXPECT_THAT(names(out.in_force), ElementsAre("a.yaml:"));
  EXPECT_THAT(texts(out.remarks), ElementsAre("a.yaml: has no object: nothing is run of it"));
}

TEST(Settle, NoRemarkOnAnAddressThatAServerSetNames) {
  auto served = group_json("gw", 51, "192.0.2.10");
  served.replace(served.find("Delegate"), 8, "NAT");
  const auto out = settled({}, {{"a.yaml", read("a.yaml", {served})},
                                {"b.yaml", read("b.yaml", {set_json("web", "gw", "192.0.2.10")})}});
  EXPECT_THAT(texts(out.remarks), IsEmpty());
}

}  // namespace
}  // namespace fairlead::plan
