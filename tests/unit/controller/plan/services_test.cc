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
  EXPECT_TRUE(is_ours(object, {true, {}}));
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

TEST(Services, AnnotationsOfThisVersionAreHonoured) {
  EXPECT_EQ(spec(annotated("address-pool", "public")).pool, "public");
  EXPECT_EQ(spec(annotated("forwarding", "Delegate")).forwarding, api::Forwarding::kDelegate);
  EXPECT_EQ(spec(annotated("sharing-key", " mail ")).sharing_key, "mail");
  EXPECT_EQ(spec(annotated("scheduler", "rr")).scheduler, api::Scheduler::kRr);
  EXPECT_EQ(spec(annotated("on-no-endpoints", "Reject")).on_no_endpoints, api::OnNoEndpoints::kReject);
}

TEST(Services, LaterAnnotationsAreRefusedOnlyWhereTheyChangeSomething) {
  for (const auto& [name, harmless, harmful] :
       std::vector<std::array<std::string, 3>>{{"scheduler-flags", "", "sh-port"},
                                               {"source-ranges", "", "10.0.0.0/8"},
                                               {"connection-limits", "0,0", "100,50"},
                                               {"health-checks", "[]", "[{\"tcp\":{}}]"},
                                               {"on-unhealthy", "Drain", "Remove"},
                                               {"quorum", "1", "2"},
                                               {"sorry-server", "", "10.0.0.9:80"},
                                               {"min-healthy-percent", "0", "50"},
                                               {"drain-seconds", "300", "10"},
                                               {"preferred-nodes", "", "node-a"}}) {
    EXPECT_FALSE(virtual_ip_of(three_nodes(), annotated(name, harmless)).refusal) << name;
    const auto no = refusal(annotated(name, harmful));
    EXPECT_EQ(no.reason, Reason::kNotYetSupported) << name;
    EXPECT_NE(no.message.find("fairlead.dev/" + name), std::string::npos) << no.message;
  }
}

TEST(Services, LaterFieldsOfTheServiceAreRefusedAndNamed) {
  auto object = service("web", "192.0.2.100");
  object.not_yet_supported = {"spec.externalTrafficPolicy"};
  EXPECT_EQ(refusal(object).reason, Reason::kNotYetSupported);
  EXPECT_NE(refusal(object).message.find("spec.externalTrafficPolicy"), std::string::npos);
}

TEST(Services, ModesNotBuiltYetAreRefused) {
  EXPECT_EQ(refusal(annotated("forwarding", "DirectRouting")).reason, Reason::kNotYetSupported);
  EXPECT_EQ(refusal(annotated("on-no-endpoints", "Withdraw")).reason, Reason::kNotYetSupported);
  EXPECT_EQ(refusal(service("web", "2001:db8::1")).reason, Reason::kNotYetSupported);
}

// README: IPv6 with Delegate; its data path for NAT is not built.
TEST(Services, Ipv6AddressesAreForDelegate) {
  auto object = service("web", "192.0.2.100,2001:db8::1");
  EXPECT_EQ(refusal(object).message,
            "not supported yet: annotation fairlead.dev/loadBalancerIPs with an IPv6 address and forwarding "
            "NAT (Delegate is)");
  object.meta.annotations["fairlead.dev/forwarding"] = "Delegate";
  EXPECT_EQ(spec(object).addresses, (std::vector{ip("192.0.2.100"), ip("2001:db8::1")}));
}

TEST(Services, WithoutAnAddressItsVirtualIPAsksForNoneInParticular) {
  EXPECT_TRUE(spec(service("web", "")).addresses.empty());
  EXPECT_TRUE(spec(service("web", " ")).addresses.empty());
}

// kubernetes.md 1, "Allocation order": the annotation, spec.addresses, deprecated spec.loadBalancerIP.
TEST(Services, TheDeprecatedFieldIsReadWhereTheAnnotationIsMissing) {
  auto object = service("web", "");
  object.load_balancer_ip = "192.0.2.101";
  EXPECT_EQ(spec(object).addresses, (std::vector{ip("192.0.2.101")}));
  EXPECT_TRUE(asks_by_deprecated_field(object));
  object.meta.annotations["fairlead.dev/loadBalancerIPs"] = "192.0.2.102";
  EXPECT_EQ(spec(object).addresses, (std::vector{ip("192.0.2.102")}));
  EXPECT_FALSE(asks_by_deprecated_field(object));
}

TEST(Services, ADeprecatedFieldThatCannotBeReadIsInvalidAndNamed) {
  auto object = service("web", "");
  object.load_balancer_ip = "lots";
  EXPECT_EQ(refusal(object),
            (Refusal{Reason::kInvalidSpec, "spec.loadBalancerIP: must be an IP address, got lots"}));
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
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"loadBalancerIPs", "192.0.2.300"},
                                                        {"sharing-key", std::string(254, 'k')},
                                                        {"loadBalancerIPs", "127.0.0.1"},
                                                        {"loadBalancerIPs", "224.0.0.1"},
                                                        {"loadBalancerIPs", "192.0.2.100,192.0.2.101"},
                                                        {"forwarding", "nat"},
                                                        {"scheduler", "fair"},
                                                        {"on-no-endpoints", "Drop"}}) {
    const auto no = refusal(annotated(name, value));
    EXPECT_EQ(no.reason, Reason::kInvalidSpec) << name << " " << value;
    EXPECT_NE(no.message.find("fairlead.dev/" + name), std::string::npos) << no.message;
  }
}

TEST(Services, AForeignVirtualIPOfItsNameIsNotTouched) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, vip("web", "192.0.2.101"));
  const auto outcome = virtual_ip_of(inputs, service("web", "192.0.2.100"));
  EXPECT_FALSE(outcome.virtual_ip);
  EXPECT_EQ(outcome.refusal->reason, Reason::kNameTaken);
}

TEST(Services, AnUnreadableVirtualIPOfItsNameIsNotTouchedEither) {
  Inputs inputs = three_nodes();
  inputs.poisoned_virtual_ips.insert({{"shop", "web"}, {meta("web", "shop"), {}}});
  EXPECT_EQ(virtual_ip_of(inputs, service("web", "192.0.2.100")).refusal->reason, Reason::kNameTaken);
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
