#include "controller/plan/translate.h"

#include <gtest/gtest.h>

#include "controller/plan/names.h"
#include "unit/controller/builders.h"

// api.md, RealServerSet; kubernetes.md 1, "Sizes".
namespace fairlead::controller {
namespace {

using namespace testing;

Backends many(int count) {
  Backends out;
  api::VirtualServer server;
  server.address = ip("192.0.2.100");
  server.port = net::Port(80);
  for (int i = 0; i < count; ++i) {
    api::RealServer real;
    real.address = ip("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1));
    real.port = net::Port(8080);
    server.reals.push_back(real);
  }
  out.virtual_servers.push_back(server);
  return out;
}
std::vector<api::RealServerSet> sets(const Backends& behind, const ByKey<api::RealServerSet>& observed) {
  Inputs inputs;
  inputs.sets = observed;
  const Belongings belongings(inputs);
  return real_server_sets(vip("web", "192.0.2.100"), "g-v4-1", ip("192.0.2.100"), behind,
                          those_of(belongings.sets, std::string("uid-web")));
}

TEST(Translate, ASetIsNamedLabelledAndOwnedByItsVirtualIP) {
  const auto out = sets(many(2), {});
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].meta.name, "web-v4-0");
  EXPECT_EQ(out[0].meta.namespace_name, "shop");
  EXPECT_EQ(out[0].meta.labels.at(kGroupLabel), "g-v4-1");
  EXPECT_EQ(out[0].meta.labels.at(kVirtualIpLabel), "web");
  ASSERT_EQ(out[0].meta.owner_references.size(), 1U);
  EXPECT_EQ(out[0].meta.owner_references[0].uid, "uid-web");
  EXPECT_EQ(out[0].spec.group, "g-v4-1");
  EXPECT_EQ(out[0].spec.slice_count, 1);
}

TEST(Translate, NoVirtualServerNoSet) { EXPECT_TRUE(sets({}, {}).empty()); }

TEST(Translate, BeyondAThousandRealServersThereIsAnotherSlice) {
  const auto out = sets(many(1500), {});
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].spec.virtual_servers.front().reals.size(), 1000U);
  EXPECT_EQ(out[1].spec.virtual_servers.front().reals.size(), 500U);
  EXPECT_EQ(out[1].meta.name, "web-v4-1");
  EXPECT_EQ(out[1].spec.slice_index, 1);
  EXPECT_EQ(out[1].spec.slice_count, 2);
}

TEST(Translate, ARealServerKeepsItsSliceWhileItLives) {
  Backends before = many(1500);
  ByKey<api::RealServerSet> observed;
  for (const auto& set : sets(before, {})) put(observed, set);
  Backends after = before;
  auto& reals = after.virtual_servers.front().reals;
  reals.erase(reals.begin(), reals.begin() + 100);
  const auto out = sets(after, observed);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].spec.virtual_servers.front().reals.size(), 900U);
  EXPECT_EQ(out[1].spec, observed.at({"shop", "web-v4-1"}).spec);
}

}  // namespace
}  // namespace fairlead::controller
