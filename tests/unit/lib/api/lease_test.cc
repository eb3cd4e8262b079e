#include "lib/api/lease.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace fairlead::api {
namespace {

const std::string kDocument =
    R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"fairlead-controller",)"
    R"("namespace":"fairlead-system","uid":"u1","resourceVersion":"17","labels":{"team":"net"}},)"
    R"("spec":{"holderIdentity":"pod-a_1","leaseDurationSeconds":15,"acquireTime":"2026-08-20T09:14:02.123456Z",)"
    R"("renewTime":"2026-08-20T09:15:00.000001Z","leaseTransitions":3,"strategy":"OldestEmulationVersion"}})";

// kDocument with one piece of its text replaced.
std::string with(const std::string& from, const std::string& to) {
  std::string out = kDocument;
  out.replace(out.find(from), from.size(), to);
  return out;
}

TEST(DecodeLease, ReadsTheRecordAndKeepsTheDocument) {
  const auto lease = decode_lease(kDocument);
  ASSERT_TRUE(lease.ok()) << to_string(lease.problems);
  EXPECT_EQ(lease.value.meta.resource_version, "17");
  EXPECT_EQ(lease.value.record, (LeaseRecord{"pod-a_1", Seconds(15), "2026-08-20T09:14:02.123456Z",
                                             "2026-08-20T09:15:00.000001Z", 3}));
  EXPECT_EQ(lease.value.document, kDocument);
}

TEST(DecodeLease, ALeaseWithoutRecordHasNoHolder) {
  for (const auto* spec : {R"({})", R"(null)", R"({"holderIdentity":null,"leaseDurationSeconds":null})"}) {
    const auto from = kDocument.find("{\"holderIdentity");
    const auto lease = decode_lease(kDocument.substr(0, from) + spec + "}");
    ASSERT_TRUE(lease.ok()) << spec;
    EXPECT_EQ(lease.value.record, LeaseRecord{}) << spec;
  }
}

TEST(DecodeLease, OnlyAChangeOfTheRecordChangesItsText) {
  const auto before = decode_lease(kDocument).value;
  EXPECT_EQ(decode_lease(with("\"17\"", "\"18\"")).value.spec_text, before.spec_text);
  EXPECT_EQ(decode_lease(with("\"net\"", "\"web\"")).value.spec_text, before.spec_text);
  EXPECT_NE(decode_lease(with("00.000001Z", "00.000002Z")).value.spec_text, before.spec_text);
  EXPECT_NE(decode_lease(with("OldestEm", "NewestEm")).value.spec_text, before.spec_text)
      << "an unknown field";
}

struct Refused {
  std::string text;
  std::string problem;
};

TEST(DecodeLease, WhatIsNoLeaseIsAProblemWithItsPath) {
  const Refused table[] = {
      {with("\"Lease\"", "\"Status\""), "kind: must be one of Lease"},
      {with(R"("kind":"Lease",)", ""), "kind: required"},
      {with(R"("resourceVersion":"17",)", ""), "metadata.resourceVersion: required"},
      {with("\"leaseDurationSeconds\":15", "\"leaseDurationSeconds\":0"),
       "spec.leaseDurationSeconds: must be 1"},
      {with("\"leaseDurationSeconds\":15", "\"leaseDurationSeconds\":-3"), "spec.leaseDurationSeconds"},
      {with("\"leaseDurationSeconds\":15", "\"leaseDurationSeconds\":\"15\""), "spec.leaseDurationSeconds"},
      {with("\"leaseDurationSeconds\":15", "\"leaseDurationSeconds\":2147483648"),
       "spec.leaseDurationSeconds"},
      {with("\"leaseTransitions\":3", "\"leaseTransitions\":-1"), "spec.leaseTransitions"},
      {with("\"pod-a_1\"", "7"), "spec.holderIdentity: must be a string"},
      {"<html>Bad Gateway</html>", "must be JSON"},
      {kDocument.substr(0, 200), "must be JSON"},
      {"", "must be JSON"},
  };
  for (const auto& row : table) {
    const auto lease = decode_lease(row.text);
    EXPECT_NE(to_string(lease.problems).find(row.problem), std::string::npos) << row.text << "\n"
                                                                              << to_string(lease.problems);
  }
}

// Kubernetes.md 4: never the record's own times.
TEST(DecodeLease, TimesThatAreNoneDoNotMatter) {
  EXPECT_TRUE(decode_lease(with("2026-08-20T09:15:00.000001Z", "yesterday")).ok());
}

TEST(EncodeLease, WritesAWholeRecord) {
  const LeaseRecord record{"pod-b_2", Seconds(15), "2026-08-20T09:14:02.000000Z",
                           "2026-08-20T09:14:03.000000Z", 0};
  EXPECT_EQ(
      encode_lease({"fairlead-system", "fairlead-controller"}, record),
      R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"fairlead-controller",)"
      R"("namespace":"fairlead-system"},"spec":{"acquireTime":"2026-08-20T09:14:02.000000Z",)"
      R"("holderIdentity":"pod-b_2","leaseDurationSeconds":15,"leaseTransitions":0,)"
      R"("renewTime":"2026-08-20T09:14:03.000000Z"}})");
}

TEST(EncodeLeaseUpdate, WritesTheRecordOverAndKeepsAllElse) {
  const auto there = decode_lease(kDocument).value;
  auto wanted = nlohmann::json::parse(kDocument);
  wanted["spec"]["holderIdentity"] = "";
  wanted["spec"]["leaseDurationSeconds"] = 1;
  wanted["spec"]["renewTime"] = "2026-08-20T09:16:00.000000Z";
  auto record = there.record;
  record.holder = "";
  record.duration = Seconds(1);
  record.renewed = "2026-08-20T09:16:00.000000Z";
  EXPECT_EQ(nlohmann::json::parse(encode_lease_update(there, record)), wanted);
}

TEST(EncodeLeaseUpdate, MakesTheRecordOfALeaseThatHasNone) {
  const auto there = decode_lease(kDocument.substr(0, kDocument.find(",\"spec\"")) + "}");
  ASSERT_TRUE(there.ok());
  const auto written =
      nlohmann::json::parse(encode_lease_update(there.value, {"me_1", Seconds(15), "", "", 1}));
  EXPECT_EQ(
      written["spec"],
      nlohmann::json::parse(R"({"holderIdentity":"me_1","leaseDurationSeconds":15,"leaseTransitions":1})"));
  EXPECT_EQ(written["metadata"]["resourceVersion"], "17");
}

}  // namespace
}  // namespace fairlead::api
