#include "controller/plan/sharing.h"

#include <gtest/gtest.h>

#include "controller/plan/changes.h"
#include "unit/controller/plan/allocating.h"

// api.md, sharingKey: "two VirtualIPs with the same key and disjoint (port, protocol) may share an address";
// kubernetes.md 1, "Sharing".
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kClaim{"", "v4-192-0-2-100"};

api::VirtualIP sharer(const std::string& name, int port, int second) {
  auto out = vip(name, "192.0.2.100");
  out.spec.sharing_key = "mail";
  out.spec.ports.front().port = net::Port(static_cast<std::uint16_t>(port));
  out.meta.creation_timestamp = WallTime(Seconds(second));
  return out;
}
api::AddressClaim shared_claim(const std::vector<std::string>& holders) {
  auto out = claim_naming("192-0-2-0-24-v4-1", "192.0.2.100", holders.front());
  out.spec.sharing_key = "mail";
  if (holders.size() < 2) return out;
  for (const auto& name : holders) out.status_holders.push_back({"shop", name, "uid-" + name});
  return out;
}
// `smtp` has the address, `imap` asks for it, too.
Inputs two(const std::vector<std::string>& holders) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, sharer("smtp", 25, 10));
  put(inputs.virtual_ips, sharer("imap", 143, 5));
  put(inputs.claims, shared_claim(holders));
  return inputs;
}
api::VirtualIP& imap(Inputs& inputs) { return inputs.virtual_ips.at({"shop", "imap"}); }

std::vector<std::string> owners(const Desired& out) {
  std::vector<std::string> found;
  for (const auto& [key, made] : out.groups) {
    for (const auto& address : made.spec.addresses) {
      for (const auto& owner : address.owners) found.push_back(owner.name);
    }
  }
  return found;
}
const std::vector<std::string> kFirst{"smtp"};
const std::vector<std::string> kBoth{"smtp", "imap"};

TEST(Sharing, WhoComesIsWrittenIntoTheClaimBeforeItIsInTheGroup) {
  const Inputs inputs = two(kFirst);
  const auto out = desired(inputs);
  EXPECT_EQ(out.claims.at(kClaim).status_holders, shared_claim(kBoth).status_holders);
  EXPECT_EQ(owners(out), kFirst);
  EXPECT_FALSE(out.sets.contains({"shop", "imap-v4-0"}));
  const auto writes = changes(inputs, out, {});
  ASSERT_FALSE(writes.empty());
  EXPECT_EQ(writes[0].step, Step::kClaims);
  EXPECT_EQ(writes[0].verb, Verb::kApplyStatus);
  EXPECT_EQ(writes[0].target, Target::kAddressClaim);
  EXPECT_NE(writes[0].body.find("\"resourceVersion\":\"17\""), std::string::npos);
  EXPECT_TRUE(writes[0].absences.empty());
}

TEST(Sharing, ThenBothOwnTheAddressEachWithASetOfItsOwn) {
  const auto out = desired(two(kBoth));
  EXPECT_EQ(owners(out), kBoth);
  EXPECT_TRUE(out.sets.contains({"shop", "smtp-v4-0"}));
  EXPECT_TRUE(out.sets.contains({"shop", "imap-v4-0"}));
  EXPECT_EQ(out.claims, two(kBoth).claims);
}

TEST(Sharing, OfTwoThatComeTogetherTheOlderMakesTheClaim) {
  Inputs inputs = two(kFirst);
  inputs.claims.clear();
  const auto out = desired(inputs);
  EXPECT_EQ(out.claims.at(kClaim).spec.owner.name, "imap");
  EXPECT_EQ(out.claims.at(kClaim).spec.sharing_key, "mail");
  EXPECT_TRUE(out.claims.at(kClaim).status_holders.empty());
}

TEST(Sharing, WithoutTheKeyOrWithAnotherTheAddressIsInUse) {
  for (const std::string key : {"", "web"}) {
    Inputs inputs = two(kFirst);
    imap(inputs).spec.sharing_key = key;
    const auto out = desired(inputs);
    EXPECT_EQ(out.decisions.at({"shop", "imap"}).not_allocated,
              (Refusal{Reason::kAddressInUse, "192.0.2.100 is held by VirtualIP shop/smtp"}));
    EXPECT_EQ(out.claims, inputs.claims);
  }
}

TEST(Sharing, NotWithOneWhoseClaimWasMadeWithoutTheKey) {
  Inputs inputs = two(kFirst);
  inputs.claims.at(kClaim).spec.sharing_key.clear();
  EXPECT_EQ(*refusal_in(desired(inputs), "imap"),
            (Refusal{Reason::kAddressInUse,
                     "192.0.2.100 is held by VirtualIP shop/smtp, and AddressClaim v4-192-0-2-100 was made "
                     "without a sharingKey: to be shared the address must be released first"}));
}

TEST(Sharing, ThatCannotBeIsAConflictAndNamesWhatAndWhom) {
  const std::string with = "192.0.2.100 is shared with VirtualIP shop/smtp: ";
  const auto said = [&](const auto& change) {
    Inputs inputs = two(kFirst);
    change(inputs);
    const auto no = desired(inputs).decisions.at({"shop", "imap"}).not_accepted;
    EXPECT_TRUE(no);
    EXPECT_EQ(no.value_or(Refusal{}).reason, Reason::kSharingConflict);
    return no ? no->message : "";
  };
  EXPECT_EQ(said([](Inputs& inputs) { imap(inputs).spec.ports.front().port = net::Port(25); }),
            with + "both have port 25/TCP");
  EXPECT_EQ(said([](Inputs& inputs) { imap(inputs).spec.forwarding = api::Forwarding::kDirectRouting; }),
            with + "both need the same forwarding, which is NAT");
  EXPECT_EQ(said([](Inputs& inputs) {
              imap(inputs).spec.ports.clear();
              imap(inputs).spec.servers.clear();
              imap(inputs).spec.service = "nosuch";
            }),
            with + "to share it takes ports of its own");
  EXPECT_EQ(said([](Inputs& inputs) {
              inputs.virtual_ips.at({"shop", "smtp"}).spec.ports.clear();
            }),
            with + "which has no ports of its own that could be told apart");
}

TEST(Sharing, TheSamePortOfAnotherProtocolIsAnotherPort) {
  Inputs inputs = two(kFirst);
  imap(inputs).spec.ports.front() = {"x", net::Port(25), {}, net::Protocol::kUdp};
  EXPECT_FALSE(refusal_in(desired(inputs), "imap"));
}

TEST(Sharing, OfAServiceItsPortsCount) {
  Inputs inputs = two(kFirst);
  auto of_imap = service("imap", "");
  of_imap.ports = {{"smtp", net::Port(25), net::Protocol::kTcp}};
  put(inputs.services, of_imap);
  imap(inputs).spec.ports.clear();
  imap(inputs).spec.servers.clear();
  imap(inputs).spec.service = "imap";
  EXPECT_EQ(refusal_in(desired(inputs), "imap")->reason, Reason::kSharingConflict);
  inputs.services.begin()->second.ports.front().port = net::Port(143);
  EXPECT_FALSE(refusal_in(desired(inputs), "imap"));
}

TEST(Sharing, WhoComesIntoConflictLaterKeepsWhatItHas) {
  Inputs inputs = two(kBoth);
  inputs.groups = desired(inputs).groups;
  inputs.sets = desired(inputs).sets;
  imap(inputs).spec.ports.front().port = net::Port(25);
  const auto out = desired(inputs);
  EXPECT_EQ(refusal_in(out, "imap")->reason, Reason::kSharingConflict);
  EXPECT_EQ(owners(out), kBoth);
  EXPECT_EQ(out.sets, inputs.sets);
  EXPECT_EQ(out.claims, inputs.claims);
}

TEST(Sharing, WhenOneGoesTheOtherKeepsTheAddressAndNothingIsReleased) {
  for (const std::string name : {"smtp", "imap"}) {
    Inputs inputs = two(kBoth);
    inputs.groups = desired(inputs).groups;
    const std::vector<std::string> other{name == "smtp" ? "imap" : "smtp"};
    inputs.virtual_ips.at({"shop", name}).meta.deleting = true;
    const auto leaving = desired(inputs);
    EXPECT_EQ(owners(leaving), other);
    EXPECT_TRUE(leaving.groups.begin()->second.meta.annotations.empty());
    EXPECT_EQ(leaving.claims, inputs.claims);
    inputs.groups = leaving.groups;
    EXPECT_TRUE(desired(inputs).released.contains({"shop", name}));
    inputs.virtual_ips.erase({"shop", name});
    const auto gone = desired(inputs);
    EXPECT_EQ(gone.claims.at(kClaim).status_holders,
              (std::vector<api::AddressOwner>{{"shop", other.front(), "uid-" + other.front()}}));
    const auto writes = changes(inputs, gone, {});
    ASSERT_FALSE(writes.empty());
    const Absence who{Target::kVirtualIP, {"shop", name}, "uid-" + name};
    const auto group = api::group_named_by(inputs.claims.at(kClaim));
    const Absence rid{Target::kVRRPGroup, {"", group}, "", "", ip("192.0.2.100"), "uid-" + name};
    EXPECT_EQ(writes[0].absences, (std::vector<Absence>{who, rid}));
  }
}

TEST(Sharing, WithTheLastTheClaimGoes) {
  Inputs inputs = two(kBoth);
  inputs.virtual_ips.clear();
  EXPECT_TRUE(desired(inputs).claims.empty());
}

TEST(Sharing, OnceBothAreReleasedBothNotesStandInTheGroup) {
  Inputs inputs = two(kBoth);
  inputs.groups = desired(inputs).groups;
  inputs.virtual_ips.clear();
  const auto out = desired(inputs);
  EXPECT_EQ(out.groups.begin()->second.meta.annotations.at(kReleasingAnnotation),
            "192.0.2.100 uid-smtp,uid-imap node-a,node-b,node-c");
}

TEST(Sharing, SixteenMayAndNoMore) {
  Inputs inputs = three_nodes();
  for (int i = 0; i < 17; ++i) put(inputs.virtual_ips, sharer("vip-" + std::to_string(i), 1000 + i, i));
  const auto out = desired(inputs);
  EXPECT_FALSE(refusal_in(out, "vip-15"));
  ASSERT_TRUE(refusal_in(out, "vip-16"));
  EXPECT_EQ(refusal_in(out, "vip-16")->message,
            "192.0.2.100 is shared with VirtualIP shop/vip-0: 16 have it, and no more may");
}

}  // namespace
}  // namespace fairlead::controller
