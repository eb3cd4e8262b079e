#include "node/agent/namespace_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace fairlead::agent {
namespace {

// Of this process alone: others may run these tests at the same time.
std::string name_of(const std::string& test) {
  return "fairlead-test-" + std::to_string(getpid()) + "-" + test;
}

TEST(NamespaceLock, KeepsASecondOneAwayUntilItIsGone) {
  const std::string name = name_of("one");
  {
    const auto first = NamespaceLock::take(name);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = NamespaceLock::take(name);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kConflict);
    EXPECT_EQ(second.error().message, "unix socket @" + name + " is held by another process");
  }
  EXPECT_TRUE(NamespaceLock::take(name));
}

TEST(NamespaceLock, ANameThatBeginsAsAnotherIsAnotherOne) {
  const auto first = NamespaceLock::take(name_of("one"));
  EXPECT_TRUE(first);
  EXPECT_TRUE(NamespaceLock::take(name_of("on")));
  EXPECT_TRUE(NamespaceLock::take(name_of("one2")));
}

TEST(NamespaceLock, ThatOfAKilledProcessIsGone) {
  const std::string name = name_of("killed");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    const auto held = NamespaceLock::take(name);
    const char word = held ? 'y' : 'n';
    if (write(ready[1], &word, 1) == 1) pause();
    _exit(0);
  }
  char word = 0;
  ASSERT_EQ(read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  EXPECT_FALSE(NamespaceLock::take(name));
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  close(ready[0]);
  close(ready[1]);
  EXPECT_TRUE(NamespaceLock::take(name));
}

}  // namespace
}  // namespace fairlead::agent
