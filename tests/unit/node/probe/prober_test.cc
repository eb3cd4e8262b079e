#include "node/probe/prober.h"

#include <gtest/gtest.h>

#include <cerrno>

// What errno of a connection says, and of whom. Real connections: tests/netns/health_test.
namespace fairlead::probe {
namespace {

using health::Failed;
using health::FailureReason;
using health::NotTried;
using health::Outcome;

TEST(OutcomeOf, ATargetThatDoesNotAnswerHasFailed) {
  EXPECT_EQ(outcome_of(ECONNREFUSED), Outcome(Failed{FailureReason::kRefused, "connection refused"}));
  EXPECT_EQ(outcome_of(ETIMEDOUT), Outcome(Failed{FailureReason::kTimedOut, "no answer (ETIMEDOUT)"}));
  EXPECT_EQ(outcome_of(EHOSTUNREACH),
            Outcome(Failed{FailureReason::kUnreachable, "unreachable (EHOSTUNREACH)"}));
  EXPECT_EQ(outcome_of(ENETUNREACH),
            Outcome(Failed{FailureReason::kUnreachable, "unreachable (ENETUNREACH)"}));
}

// It accepted before: whether its reset is there when this node looks is chance.
TEST(OutcomeOf, ATargetThatResetsWhatItAcceptedHasPassed) {
  EXPECT_EQ(outcome_of(ECONNRESET), Outcome(health::Passed{}));
}

// EMFILE is not "server down".
TEST(OutcomeOf, WhatThisHostLacksSaysNothingOfTheTarget) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EADDRINUSE, EAGAIN, EAFNOSUPPORT}) {
    EXPECT_TRUE(std::holds_alternative<NotTried>(outcome_of(error))) << error;
  }
  EXPECT_EQ(outcome_of(EMFILE), Outcome(NotTried{"this host has no room for a socket (EMFILE)"}));
  EXPECT_EQ(outcome_of(EAFNOSUPPORT),
            Outcome(NotTried{"this host has no sockets of this family (EAFNOSUPPORT)"}));
}

}  // namespace
}  // namespace fairlead::probe
