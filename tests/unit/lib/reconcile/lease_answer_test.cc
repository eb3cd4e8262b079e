#include "lib/reconcile/lease_answer.h"

#include <gtest/gtest.h>

namespace fairlead::reconcile {
namespace {

const std::string kLease =
    R"({"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"l","namespace":"n",)"
    R"("resourceVersion":"7"},"spec":{"holderIdentity":"a_1","leaseDurationSeconds":15}})";

std::string status(int code, const std::string& message) {
  return R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" + message + R"(","code":)" +
         std::to_string(code) + "}";
}

std::string why(const ElectionEvent& event) {
  const auto* failed = std::get_if<LeaseFailed>(&event);
  return failed == nullptr ? "not failed" : failed->why;
}

TEST(LeaseAnswer, ALeaseThatWasReadOrWrittenIsPassedOn) {
  EXPECT_EQ(std::get<LeaseRead>(answer_to_read(200, kLease)).lease.record.holder, "a_1");
  EXPECT_EQ(std::get<LeaseWritten>(answer_to_write(200, kLease)).lease.meta.resource_version, "7");
  EXPECT_EQ(std::get<LeaseWritten>(answer_to_write(201, kLease)).lease.record.duration, Seconds(15));
}

TEST(LeaseAnswer, NotFoundMeansMissingToAReadAndFailureToAWrite) {
  EXPECT_TRUE(std::holds_alternative<LeaseMissing>(answer_to_read(404, status(404, "not found"))));
  EXPECT_EQ(why(answer_to_write(404, status(404, "namespaces \\\"x\\\" not found"))),
            "404 namespaces \"x\" not found");
}

TEST(LeaseAnswer, AConflictIsOneForAWriteOnly) {
  EXPECT_TRUE(std::holds_alternative<LeaseConflict>(answer_to_write(409, status(409, "AlreadyExists"))));
  EXPECT_EQ(why(answer_to_read(409, "")), "409");
}

TEST(LeaseAnswer, WhatTheServerSaysIsTheReason) {
  EXPECT_EQ(why(answer_to_read(403, status(403, "leases is forbidden"))), "403 leases is forbidden");
  EXPECT_EQ(why(answer_to_write(500, "<html>Bad</html>")), "500");
  EXPECT_EQ(why(answer_to_read(301, "")), "301");
}

TEST(LeaseAnswer, AnAnswerThatIsNoLeaseIsAFailure) {
  for (const auto* body : {"", "<html></html>", R"({"kind":"Table"})", "{"}) {
    EXPECT_NE(why(answer_to_read(200, body)).find("cannot be read"), std::string::npos) << body;
    EXPECT_NE(why(answer_to_write(200, body)).find("cannot be read"), std::string::npos) << body;
  }
}

}  // namespace
}  // namespace fairlead::reconcile
