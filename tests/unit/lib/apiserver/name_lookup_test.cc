#include "lib/apiserver/name_lookup.h"

#include <gtest/gtest.h>

#include <optional>

namespace fairlead::apiserver {
namespace {

using Answer = Result<std::vector<net::IpAddress>>;

// What the resolver says of a text that it needs no network for.
Answer answer_for(const std::string& name) {
  sys::Loop loop;
  std::optional<Answer> out;
  NameLookup lookup(loop, name, [&](Answer answer) {
    out = std::move(answer);
    loop.stop();
  });
  lookup.ask();
  EXPECT_FALSE(out) << "never inside ask()";
  loop.run();
  return *out;
}

TEST(NameLookup, GivesEachAddressOnce) {
  const auto v4 = answer_for("192.0.2.1");
  ASSERT_TRUE(v4);
  EXPECT_EQ(*v4, (std::vector<net::IpAddress>{net::IpAddress::v4({192, 0, 2, 1})}));
}

TEST(NameLookup, WhatCannotBeAnswersWithTheNameAndTheReason) {
  const auto answer = answer_for("two..dots");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kUnavailable);
  EXPECT_TRUE(answer.error().message.starts_with("cannot resolve two..dots: ")) << answer.error().message;
}

TEST(NameLookup, AsksOnceWhileAQuestionIsOpenAndAgainAfterwards) {
  sys::Loop loop;
  int answers = 0;
  NameLookup* again = nullptr;
  NameLookup lookup(loop, "192.0.2.1", [&](const Answer&) {
    if (++answers == 1) return again->ask();
    loop.stop();
  });
  again = &lookup;
  lookup.ask();
  lookup.ask();
  loop.run();
  EXPECT_EQ(answers, 2);
}

TEST(NameLookup, OfOneThatIsGoneNoAnswerComes) {
  sys::Loop loop;
  int answers = 0;
  {
    NameLookup gone(loop, "192.0.2.1", [&](const Answer&) { ++answers; });
    gone.ask();
  }
  NameLookup lookup(loop, "192.0.2.2", [&](const Answer&) { loop.stop(); });
  lookup.ask();
  loop.run();
  EXPECT_EQ(answers, 0);
}

}  // namespace
}  // namespace fairlead::apiserver
