#include "node/kernel/genl_socket.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>

#include "unit/node/kernel/odd_netlink.h"

// libraries.md 2: what a netlink socket gives beside the answer that is waited for.
namespace fairlead::kernel {
namespace {

using testing::acknowledgement;
using testing::Came;
using testing::done;
using testing::Events;
using testing::failure;
using testing::joined;
using testing::message;
using testing::OddKernel;
using testing::Sent;
using testing::verdict;

constexpr int kType = 0x20;

net::Bytes reply(std::uint32_t sequence, std::uint8_t mark, int flags = NLM_F_MULTI) {
  const std::uint8_t body[4] = {mark, 0, 0, 0};
  return message(kType, flags, sequence, body);
}

class GenlSocketTest : public ::testing::Test {
 protected:
  GenlSocketTest() : socket(kernel.channel()) {}

  // One request whose answers `events` makes of its sequence number.
  Result<> ask(bool dump, const std::function<Events(std::uint32_t)>& events) {
    marks.clear();
    kernel.answer = [events](const std::vector<Sent>& sent) { return events(sent.front().header.nlmsg_seq); };
    GenlBatch batch;
    const std::uint32_t sequence = socket.next_sequence();
    const std::uint8_t header[4] = {1, 1, 0, 0};
    batch.begin({kType, 0, sequence}, header);
    batch.end();
    return socket.ask(batch, sequence, dump, [this](const Reply& one) { marks.push_back(one.payload[0]); });
  }
  // Two messages, of which the second one asks for an acknowledgement.
  Result<BatchOutcome> send(const std::function<Events(std::uint32_t first, std::uint32_t second)>& events) {
    kernel.answer = [events](const std::vector<Sent>& sent) {
      return events(sent[0].header.nlmsg_seq, sent[1].header.nlmsg_seq);
    };
    GenlBatch batch;
    const std::uint8_t header[4] = {1, 1, 0, 0};
    for (int i = 0; i < 2; ++i) {
      first = second;
      second = socket.next_sequence();
      batch.begin({kType, 0, second}, header);
      batch.end();
    }
    return socket.send(batch);
  }

  OddKernel kernel;
  GenlSocket socket;
  net::Bytes marks;  // of the replies
  std::uint32_t first = 0;
  std::uint32_t second = 0;
};

TEST_F(GenlSocketTest, GivesTheRepliesOfADumpUpToItsEnd) {
  EXPECT_TRUE(ask(true, [](std::uint32_t at) {
    return Events{Came{joined({reply(at, 1), reply(at, 2)})}, Came{joined({reply(at, 3), done(at)})},
                  Came{reply(at, 4)}};
  }));
  EXPECT_EQ(marks, (net::Bytes{1, 2, 3}));
}

TEST_F(GenlSocketTest, TheFirstReplyEndsWhatIsNoDump) {
  EXPECT_TRUE(ask(false, [](std::uint32_t at) {
    return Events{Came{joined({reply(at, 1), reply(at, 2)})}};
  }));
  EXPECT_EQ(marks, (net::Bytes{1}));
}

TEST_F(GenlSocketTest, PassesOverAnswersToAnotherRequest) {
  EXPECT_TRUE(ask(true, [](std::uint32_t at) {
    return Events{
        Came{joined({reply(at - 1, 9), failure(at - 1, EPERM), done(at + 7), reply(at, 1), done(at)})}};
  }));
  EXPECT_EQ(marks, (net::Bytes{1}));
}

// Netlink is open to other processes: only port 0 is the kernel.
TEST_F(GenlSocketTest, PassesOverDatagramsOfOtherProcesses) {
  EXPECT_TRUE(ask(true, [](std::uint32_t at) {
    return Events{Came{joined({reply(at, 9), done(at)}), 4711}, Came{joined({reply(at, 1), done(at)})}};
  }));
  EXPECT_EQ(marks, (net::Bytes{1}));
}

TEST_F(GenlSocketTest, ADumpThatEndsWithAnErrnoHasFailed) {
  const auto asked = ask(true, [](std::uint32_t at) {
    return Events{Came{joined({reply(at, 1), verdict(NLMSG_DONE, at, EMSGSIZE)})}};
  });
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error(), fail(Code::kUnavailable, "netlink request: EMSGSIZE"));
}

TEST_F(GenlSocketTest, AnEndWithoutAnErrnoIsNone) {
  const auto asked = ask(true, [](std::uint32_t at) {
    const std::uint8_t half[2] = {0, 0};
    auto cut = message(NLMSG_DONE, 0, at, half);
    cut.resize(18);
    cut[0] = 18;
    return Events{Came{cut}};
  });
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().message, "netlink request: EBADMSG");
}

// As errno there are -4095 to 0.
TEST_F(GenlSocketTest, ANumberThatIsNoErrnoIsAFailure) {
  for (const int number : {1, 5000, std::numeric_limits<int>::max()}) {
    const auto asked =
        ask(false, [&](std::uint32_t at) { return Events{Came{failure(at, -number)}}; });  // sent as +number
    ASSERT_FALSE(asked) << number;
    EXPECT_EQ(asked.error().message, "netlink request: EBADMSG");
  }
  const auto lowest = ask(false, [](std::uint32_t at) {
    const std::uint8_t body[4] = {0, 0, 0, 0x80};
    return Events{Came{message(NLMSG_ERROR, 0, at, body)}};
  });
  ASSERT_FALSE(lowest);
  EXPECT_EQ(lowest.error().message, "netlink request: EBADMSG");
}

TEST_F(GenlSocketTest, ADumpWithADatagramCutShortIsNotBelieved) {
  for (const std::size_t size : {1U, 15U, 19U, 21U, 39U}) {
    const auto asked = ask(true, [size](std::uint32_t at) {
      auto cut = joined({reply(at, 1), reply(at, 2)});
      cut.resize(size);
      return Events{Came{cut}, Came{done(at)}};
    });
    ASSERT_FALSE(asked) << size;
    EXPECT_EQ(asked.error(), fail(Code::kUnavailable, "netlink answer cut short"));
  }
}

TEST_F(GenlSocketTest, AMessageWhoseLengthLiesIsCutShort) {
  for (const std::uint8_t length : {0, 15, 200}) {
    const auto asked = ask(true, [length](std::uint32_t at) {
      auto lying = reply(at, 1);
      lying[0] = length;
      return Events{Came{lying}, Came{done(at)}};
    });
    ASSERT_FALSE(asked) << int{length};
    EXPECT_EQ(asked.error().code, Code::kUnavailable);
  }
}

TEST_F(GenlSocketTest, ADumpInterruptedAnywhereIsToldAtItsEnd) {
  const auto asked = ask(true, [](std::uint32_t at) {
    return Events{Came{joined({reply(at, 1), reply(at, 2, NLM_F_MULTI | NLM_F_DUMP_INTR)})},
                  Came{joined({reply(at, 3), done(at)})}};
  });
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, Code::kUnavailable);
  EXPECT_EQ(marks, (net::Bytes{1, 2, 3}));
}

TEST_F(GenlSocketTest, AnInterruptedDumpDoesNotTaintTheNext) {
  EXPECT_FALSE(ask(true, [](std::uint32_t at) {
    return Events{Came{joined({reply(at, 1, NLM_F_DUMP_INTR), done(at)})}};
  }));
  EXPECT_TRUE(ask(true, [](std::uint32_t at) { return Events{Came{done(at)}}; }));
}

TEST_F(GenlSocketTest, WhatTheKernelDroppedFailsTheRequest) {
  const auto asked = ask(true, [](std::uint32_t at) {
    return Events{Came{reply(at, 1)}, fail(Code::kUnavailable, "receive netlink answer: ENOBUFS"),
                  Came{done(at)}};
  });
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().message, "receive netlink answer: ENOBUFS");
}

// What came too late must not be the answer to what is asked next, whatever numbers it bears.
TEST_F(GenlSocketTest, LateAnswersAreDroppedBeforeTheNextRequest) {
  EXPECT_FALSE(ask(false, [](std::uint32_t) { return Events{}; }));
  kernel.waiting.emplace_back(Came{reply(2, 9)});
  EXPECT_TRUE(ask(false, [](std::uint32_t at) { return Events{Came{reply(at, 1)}}; }));
  EXPECT_EQ(marks, (net::Bytes{1}));
}

TEST_F(GenlSocketTest, AMessageThatIsNoAnswerEndsNothing) {
  const std::uint8_t body[4] = {9, 0, 0, 0};
  EXPECT_TRUE(ask(false, [&](std::uint32_t at) {
    return Events{Came{joined({message(NLMSG_NOOP, 0, at, body), reply(at, 1)})}};
  }));
  EXPECT_EQ(marks, (net::Bytes{1}));
  EXPECT_FALSE(ask(false, [&](std::uint32_t at) {
    return Events{Came{joined({message(NLMSG_OVERRUN, 0, at, body), reply(at, 1)})}};
  }));
}

TEST_F(GenlSocketTest, ABatchIsDoneWithItsLastAnswerAndNamesWhatFailed) {
  const auto outcome = send([](std::uint32_t one, std::uint32_t two) {
    return Events{Came{failure(one, EEXIST)}, Came{acknowledgement(two)}};
  });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(*outcome, (BatchOutcome{{{first, EEXIST}}, true}));
}

// libraries.md 2: an acknowledgement can be lost.
TEST_F(GenlSocketTest, ABatchWhoseLastAnswerIsLostIsIncomplete) {
  const auto outcome =
      send([](std::uint32_t one, std::uint32_t) { return Events{Came{failure(one, EEXIST)}}; });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(*outcome, (BatchOutcome{{{first, EEXIST}}, false}));
}

TEST_F(GenlSocketTest, ABatchWithAnAnswerCutShortIsIncomplete) {
  const auto outcome = send([](std::uint32_t one, std::uint32_t two) {
    auto cut = failure(one, EEXIST);
    cut.resize(17);
    return Events{Came{joined({acknowledgement(two), cut})}};
  });
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->complete);
}

TEST_F(GenlSocketTest, AnAcknowledgementWithoutAnErrnoIsNone) {
  const auto outcome = send([](std::uint32_t, std::uint32_t two) {
    auto cut = acknowledgement(two);
    cut.resize(18);
    cut[0] = 18;
    return Events{Came{cut}};
  });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->failed, (std::map<std::uint32_t, int>{{second, EBADMSG}}));
}

TEST_F(GenlSocketTest, AnAcknowledgementOfAnotherProcessEndsNoBatch) {
  const auto outcome = send([](std::uint32_t, std::uint32_t two) {
    return Events{Came{acknowledgement(two), 4711}};
  });
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(outcome->complete);
}

}  // namespace
}  // namespace fairlead::kernel
