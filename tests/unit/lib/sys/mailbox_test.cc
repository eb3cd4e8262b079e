#include "lib/sys/mailbox.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fairlead::sys {
namespace {

TEST(Mailbox, KeepsTheNewestValueOfEachKeyAndDeliversOnTheConsumersLoop) {
  using Box = Mailbox<int, std::string>;
  Loop loop;
  std::vector<std::map<int, std::string>> delivered;
  Box box(loop, [&](std::map<int, std::string> values) {
    delivered.push_back(std::move(values));
    loop.stop();
  });
  box.put(2, "old");
  box.put(1, "one");
  box.put(2, "new");
  loop.run();
  const std::vector<std::map<int, std::string>> expected{{{1, "one"}, {2, "new"}}};
  EXPECT_EQ(delivered, expected);
}

TEST(Mailbox, LosesNoLastValueBetweenTwoThreads) {
  Loop loop;
  int last = 0;
  Mailbox<int, int> box(loop, [&](const std::map<int, int>& values) {
    EXPECT_GE(values.at(0), last);
    last = values.at(0);
    if (last == 10000) loop.stop();
  });
  std::thread producer([&] {
    for (int i = 1; i <= 10000; ++i) box.put(0, i);
  });
  loop.run();
  producer.join();
  EXPECT_EQ(last, 10000);
}

}  // namespace
}  // namespace fairlead::sys
