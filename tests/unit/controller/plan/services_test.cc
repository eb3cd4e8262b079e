#include "controller/plan/services.h"

#include <gtest/gtest.h>

#include "controller/plan/changes.h"
#include "controller/plan/desired.h"
#include "unit/controller/builders.h"

// api.md, "Annotations on Services", "Names of generated objects"; kubernetes.md 1.
namespace fairlead::controller {
namespace {

using namespace testing;

api::Service annotated(const std::string& name, const std::string& value) {
  auto out = service("web", "192.0.2.100");
  out.meta.annotations["fairlead.dev/" + name] = value;
  return out;
}
Refusal refusal(const api::Service& object) { return *virtual_ip_of(three_nodes(), object).refusal; }
api::VirtualIPSpec spec(const api::Service& object) {
  const auto outcome = virtual_ip_of(three_nodes(), object);
  EXPECT_FALSE(outcome.refusal) << outcome.refusal->message;
  return outcome.virtual_ip->spec;
}
api::VirtualIP owned(const api::Service& object) {
  auto out = vip(object.meta.name, "192.0.2.100");
  out.meta.owner_references.push_back({"v1", "Service", object.meta.name, object.meta.uid, true});
  return out;
}

TEST(Services, OursAreLoadBalancersOfOurClass) {
  auto object = service("web", "192.0.2.100");
  EXPECT_TRUE(is_ours(object, {}));
  object.load_balancer_class = "example.com/other";
  EXPECT_FALSE(is_ours(object, {}));
  object.load_balancer_class = "fairlead.dev/vip";
  object.type = "ClusterIP";
  EXPECT_FALSE(is_ours(object, {}));
}

TEST(Services, OfNoClassOnlyIfWeAreTheDefault) {
  auto object = service("web", "192.0.2.100");
  object.load_balancer_class.clear();
  EXPECT_FALSE(is_ours(object, {}));
  Settings settings;
  settings.default_controller = true;
  EXPECT_TRUE(is_ours(object, settings));
}

TEST(Services, TheVirtualIPHasItsNameOwnerAndFinalizer) {
  const auto outcome = virtual_ip_of(three_nodes(), service("web", "192.0.2.100"));
  ASSERT_TRUE(outcome.virtual_ip);
  const auto& made = *outcome.virtual_ip;
  EXPECT_EQ(api::key_of(made.meta), (api::ObjectKey{"shop", "web"}));
  EXPECT_EQ(made.meta.owner_references,
            (std::vector<api::OwnerReference>{{"v1", "Service", "web", "uid-web", true}}));
  EXPECT_EQ(made.meta.finalizers, (std::vector<std::string>{"fairlead.dev/release"}));
  EXPECT_EQ(made.spec.service, "web");
  EXPECT_EQ(made.spec.addresses, (std::vector<net::IpAddress>{ip("192.0.2.100")}));
  EXPECT_TRUE(made.spec.ports.empty());
}

// Which annotations there are and what they may say: service_request_test.
TEST(Services, AnnotationsBecomeTheSpec) {
  EXPECT_EQ(spec(annotated("address-pool", "public")).pool, "public");
  EXPECT_EQ(spec(annotated("on-unhealthy", "Remove")).on_unhealthy, api::OnUnhealthy::kRemove);
}

TEST(Services, WhatIsNotBuiltYetIsRefusedAndNamed) {
  auto object = annotated("quorum", "2");
  object.meta.annotations["fairlead.dev/min-healthy-percent"] = "50";
  EXPECT_EQ(refusal(object), (Refusal{Reason::kNotYetSupported,
                                      "not supported yet: annotation fairlead.dev/quorum, "
                                      "annotation fairlead.dev/min-healthy-percent"}));
}

TEST(Services, WithoutAnAddressItsVirtualIPAsksForNoneInParticular) {
  EXPECT_TRUE(spec(service("web", "")).addresses.empty());
  EXPECT_TRUE(spec(service("web", " ")).addresses.empty());
}

TEST(Services, OfTheDeprecatedFieldAnEventWarns) {
  Inputs inputs = three_nodes();
  auto object = service("web", "");
  object.load_balancer_ip = "192.0.2.101";
  put(inputs.services, object);
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_EQ(writes.size(), 1U);
  ASSERT_EQ(writes[0].notices.size(), 1U);
  EXPECT_EQ(writes[0].notices[0].reason, "DeprecatedField");
  inputs.services.begin()->second.load_balancer_ip.clear();
  EXPECT_TRUE(changes(inputs, desired(inputs), {})[0].notices.empty());
}

TEST(Services, AnnotationsThatCannotBeReadAreInvalid) {
  auto object = annotated("quorum", "lots");
  object.meta.annotations["fairlead.dev/scheduler"] = "fair";
  const auto no = refusal(object);
  EXPECT_EQ(no.reason, Reason::kInvalidSpec);
  EXPECT_NE(no.message.find("annotation fairlead.dev/quorum: must be a whole number"), std::string::npos)
      << no.message;
  EXPECT_NE(no.message.find("annotation fairlead.dev/scheduler: must be one of"), std::string::npos)
      << no.message;
}

TEST(Services, AForeignVirtualIPOfItsNameIsNotTouched) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, vip("web", "192.0.2.101"));
  const auto outcome = virtual_ip_of(inputs, service("web", "192.0.2.100"));
  EXPECT_FALSE(outcome.virtual_ip);
  EXPECT_EQ(outcome.refusal->reason, Reason::kNameTaken);
}

// It was made by hand, or by others, and stays whatever Services there are.
TEST(Services, AVirtualIPByHandThatSomethingElseOwnsKeepsItsName) {
  const std::vector<api::OwnerReference> strange{
      {"serving.knative.dev/v1", "Service", "web", "uid-web", true},
      {"v1", "Service", "other", "uid-other", true},
      {"v1", "Service", "web", "uid-web", false},
      {"apps/v1", "Deployment", "web", "uid-web", true}};
  for (const auto& owner : strange) {
    Inputs inputs = three_nodes();
    auto by_hand = vip("web", "192.0.2.101");
    by_hand.meta.owner_references = {owner};
    put_claimed(inputs, by_hand);
    EXPECT_FALSE(made_for_service(by_hand)) << owner.api_version << " " << owner.name;
    EXPECT_TRUE(desired(inputs).to_delete.empty()) << owner.api_version << " " << owner.name;
    put(inputs.services, service("web", "192.0.2.100"));
    EXPECT_TRUE(desired(inputs).to_delete.empty()) << owner.api_version << " " << owner.name;
    const auto outcome = virtual_ip_of(inputs, service("web", "192.0.2.100"));
    ASSERT_TRUE(outcome.refusal) << owner.api_version << " " << owner.name;
    EXPECT_EQ(outcome.refusal->reason, Reason::kNameTaken);
  }
}

TEST(Services, AnUnreadableVirtualIPOfItsNameIsNotTouchedEither) {
  Inputs inputs = three_nodes();
  inputs.poisoned_virtual_ips.insert({{"shop", "web"}, {meta("web", "shop"), {}}});
  EXPECT_EQ(virtual_ip_of(inputs, service("web", "192.0.2.100")).refusal->reason, Reason::kNameTaken);
}

// By the version read before its write would meet a conflict for ever.
TEST(Services, OneThatCanBeReadNoMoreIsWrittenByItsNewestVersion) {
  Inputs inputs = three_nodes();
  const auto object = service("web", "192.0.2.100");
  put(inputs.virtual_ips, owned(object));
  auto newest = owned(object).meta;
  newest.resource_version = "18";
  inputs.poisoned_virtual_ips.insert({{"shop", "web"}, {newest, {{"spec.ports", "x"}}}});
  EXPECT_EQ(virtual_ip_of(inputs, object).virtual_ip->meta.resource_version, "18");
}

TEST(Services, TheVirtualIPOfAnEarlierServiceOfThatNameGoesFirst) {
  Inputs inputs = three_nodes();
  auto earlier = service("web", "192.0.2.100");
  earlier.meta.uid = "uid-earlier";
  put(inputs.virtual_ips, owned(earlier));
  const auto outcome = virtual_ip_of(inputs, service("web", "192.0.2.100"));
  EXPECT_FALSE(outcome.virtual_ip);
  EXPECT_FALSE(outcome.refusal);
}

// Whoever wants it collected with something names that as its controller: it is no reason to delete it
// (SV-07).
TEST(Services, AVirtualIPByHandThatSomethingElseOwnsStays) {
  const std::vector<api::OwnerReference> owners{{"serving.knative.dev/v1", "Service", "web", "uid-web", true},
                                                {"v1", "Service", "backend", "uid-backend", true},
                                                {"v1", "Service", "web", "uid-web", false},
                                                {"apps/v1", "Deployment", "web", "uid-web", true}};
  for (const auto& owner : owners) {
    Inputs inputs = three_nodes();
    auto web = vip("web", "192.0.2.100");
    web.meta.owner_references = {owner};
    put(inputs.virtual_ips, web);
    auto backend = service("backend", "");
    backend.type = "ClusterIP";
    put(inputs.services, backend);
    EXPECT_FALSE(made_for_service(web)) << owner.api_version << " " << owner.kind << " " << owner.name;
    EXPECT_TRUE(desired(inputs).to_delete.empty()) << owner.api_version << " " << owner.name;
  }
}

TEST(Services, OneThatIsBeingDeletedIsNotWrittenTo) {
  Inputs inputs = three_nodes();
  const auto object = service("web", "192.0.2.100");
  auto leaving = owned(object);
  leaving.meta.deleting = true;
  put(inputs.virtual_ips, leaving);
  EXPECT_FALSE(virtual_ip_of(inputs, object).virtual_ip);
}

// After a restart, when nobody knows what the Service said while it could be read (I-8): `web` of that
// Service holds 192.0.2.100 in the only group there may be, and `second` asks for the next address.
Inputs with_unreadable_service() {
  Inputs inputs = three_nodes();
  inputs.pools.begin()->second.spec.groups = 1;
  api::VirtualIP web = vip("web", "192.0.2.100");
  web.spec.service = "web";
  web.spec.servers.clear();
  web.meta.owner_references.push_back({"v1", "Service", "web", "uid-web", true});
  put_claimed(inputs, web);
  put_claimed(inputs, vip("second", "192.0.2.101"));
  put(inputs.groups, group({"192-0-2-0-24-v4-1",
                            1,
                            {{"192.0.2.100", "web"}},
                            {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}}));
  api::RealServerSet set;
  set.meta = meta("web-v4-0", "shop");
  set.meta.owner_references.push_back({"fairlead.dev/v1alpha1", "VirtualIP", "web", "uid-web", true});
  put(inputs.sets, set);
  inputs.poisoned_services[{"shop", "web"}] = {meta("web", "shop"), {{"spec.ports[0].port", "required"}}};
  return inputs;
}

TEST(UnreadableService, ItsVirtualIPKeepsWhatItHasAndTheGroupServesOthers) {
  const Inputs inputs = with_unreadable_service();
  const auto out = desired(inputs);
  EXPECT_TRUE(out.to_delete.empty());
  ASSERT_EQ(out.groups.size(), 1U);
  std::vector<std::string> addresses;
  for (const auto& address : out.groups.begin()->second.spec.addresses) {
    addresses.push_back(net::to_string(address.address));
  }
  EXPECT_EQ(addresses, (std::vector<std::string>{"192.0.2.100", "192.0.2.101"}));
  EXPECT_EQ(out.sets.at({"shop", "web-v4-0"}), inputs.sets.at({"shop", "web-v4-0"}));
  EXPECT_TRUE(out.sets.contains({"shop", "second-v4-0"}));
  const auto& told = out.decisions.at({"shop", "web"}).not_accepted;
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->reason, Reason::kInvalidSpec);
  EXPECT_NE(told->message.find("Service web cannot be read: spec.ports[0].port"), std::string::npos);
}

TEST(UnreadableService, AVirtualIPOfItThatHoldsNothingGetsNothing) {
  Inputs inputs = with_unreadable_service();
  inputs.groups.clear();
  inputs.sets.clear();
  const auto out = desired(inputs);
  EXPECT_TRUE(out.to_delete.empty());
  ASSERT_EQ(out.groups.size(), 1U);
  EXPECT_EQ(out.groups.begin()->second.spec.addresses.size(), 1U);
  EXPECT_FALSE(out.sets.contains({"shop", "web-v4-0"}));
}

TEST(UnreadableService, OneThatIsGoneTakesItsVirtualIPAlong) {
  Inputs inputs = with_unreadable_service();
  inputs.poisoned_services.clear();
  EXPECT_EQ(desired(inputs).to_delete, (std::set<api::ObjectKey>{{"shop", "web"}}));
}

}  // namespace
}  // namespace fairlead::controller
