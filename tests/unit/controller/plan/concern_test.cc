#include "controller/plan/concern.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// FC-05, FC-06: what nothing of ours depends on is no reason for a round at once.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kWeb{"shop", "web"};

Inputs nothing() {
  Inputs inputs;
  inputs.kinship.emplace();
  return inputs;
}
api::Service anothers() {
  auto out = service("web", "");
  out.load_balancer_class = "another.example/lb";
  return out;
}
void add(Inputs& inputs, const api::VirtualIP& object) {
  put(inputs.virtual_ips, object);
  inputs.kinship->changed(api::key_of(object.meta), &inputs.virtual_ips.at(api::key_of(object.meta)));
}
api::VirtualIP naming(const std::string& name, const std::string& service) {
  auto out = vip(name, "192.0.2.100");
  out.spec.service = service;
  return out;
}

TEST(Concern, AServiceOfOursOrWithAStatusByUs) {
  Inputs inputs = nothing();
  put(inputs.services, service("web", ""));
  EXPECT_TRUE(concerns_us(inputs, kWeb, nullptr));
  auto given_up = anothers();
  given_up.status_is_ours = true;
  put(inputs.services, given_up);
  EXPECT_TRUE(concerns_us(inputs, kWeb, nullptr));
}

TEST(Concern, NoServiceOfAnotherClassNorOneThatIsGone) {
  Inputs inputs = nothing();
  EXPECT_FALSE(concerns_us(inputs, kWeb, nullptr));
  put(inputs.services, anothers());
  EXPECT_FALSE(concerns_us(inputs, kWeb, nullptr));
  const auto unreadable = anothers();
  EXPECT_FALSE(concerns_us(inputs, kWeb, &unreadable));
}

TEST(Concern, AServiceOfOursThatCannotBeRead) {
  const Inputs inputs = nothing();
  const auto unreadable = service("web", "");
  EXPECT_TRUE(concerns_us(inputs, kWeb, &unreadable));
}

TEST(Concern, AServiceThatAVirtualIPNamesWhoseverItIsAndWhetherOrNotItIsThere) {
  Inputs inputs = nothing();
  add(inputs, naming("by-hand", "web"));
  EXPECT_TRUE(concerns_us(inputs, kWeb, nullptr));
  EXPECT_TRUE(is_named(inputs, kWeb));
  EXPECT_FALSE(concerns_us(inputs, {"other", "web"}, nullptr)) << "of another namespace";
  EXPECT_FALSE(is_named(inputs, {"other", "web"}));
  put(inputs.services, anothers());
  EXPECT_TRUE(concerns_us(inputs, kWeb, nullptr));
}

// NameTaken ends when either goes.
TEST(Concern, AServiceWhoseNameAVirtualIPHas) {
  Inputs inputs = nothing();
  add(inputs, vip("web", "192.0.2.100"));
  EXPECT_TRUE(concerns_us(inputs, kWeb, nullptr));
  EXPECT_FALSE(is_named(inputs, kWeb)) << "its endpoints are nobody's";
}

TEST(Concern, ANamespaceWithVirtualIPs) {
  Inputs inputs = nothing();
  EXPECT_FALSE(is_home(inputs, "shop"));
  add(inputs, vip("web", "192.0.2.100"));
  EXPECT_TRUE(is_home(inputs, "shop"));
  EXPECT_FALSE(is_home(inputs, "sho"));
  EXPECT_FALSE(is_home(inputs, "shop2"));
}

}  // namespace
}  // namespace fairlead::controller
