#include "node/kernel/nft_child.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "lib/sys/unique_fd.h"

// The one child process, with a shell in nft's place: "sh -s -f -" runs what comes on its input.
namespace fairlead::kernel {
namespace {

constexpr const char* kShell = "/bin/sh";
constexpr Milliseconds kLong{20'000};

Result<ChildOutcome> run(const std::string& script, Milliseconds timeout) {
  return run_nft_child(kShell, "-s", script, timeout);
}

bool no_child_is_left() { return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

TEST(NftChild, TellsItsExitCodeAndWhatItSaid) {
  const auto outcome = run("echo out; echo err >&2; exit 3", kLong);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->output, "out\nerr\n");
  EXPECT_TRUE(no_child_is_left());
}

TEST(NftChild, ThatNeverEndsIsKilledAndReaped) {
  const auto outcome = run("while :; do :; done", Milliseconds(50));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kUnavailable);
  EXPECT_TRUE(no_child_is_left());
}

// Every descriptor but those of its input and output is taken: none is left to watch the child by.
TEST(NftChild, IsKilledInTimeThoughNoDescriptorIsLeftToWatchItBy) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int first = ::dup(STDERR_FILENO);
  const int second = ::dup(STDERR_FILENO);
  ::close(first);
  ::close(second);
  const rlimit two{static_cast<rlim_t>(second) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &two), 0);
  const auto slow = run("exec /bin/sleep 3", Milliseconds(50));
  const auto quick = run("exit 3", kLong);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, Code::kUnavailable);
  ASSERT_TRUE(quick);
  EXPECT_EQ(quick->exit_code, 3);
  EXPECT_TRUE(no_child_is_left());
}

TEST(NftChild, KilledBySomebodyIsNoSuccess) {
  const auto outcome = run("kill -9 $$", kLong);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 128 + SIGKILL);
}

TEST(NftChild, OfMuchOutputKeepsTheBeginning) {
  const auto outcome = run("i=0; while [ $i -lt 3000 ]; do echo 0123456789; i=$((i+1)); done", kLong);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 0);
  EXPECT_EQ(outcome->output.size(), 4096U);
}

TEST(NftChild, AProgramThatIsMissingIsNotFound) {
  const auto outcome = run_nft_child("/nowhere/nft", "--check", "", kLong);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kNotFound);
}

// A parent that ignores SIGCHLD hands that on; then the kernel reaps the child itself and its exit code is
// lost.
TEST(NftChild, WhoseEndNobodyCanTellIsNoSuccess) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  const auto outcome = run("exit 1", kLong);
  std::signal(SIGCHLD, before);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kUnavailable);
}

// S-3: sockets of the API client and the listeners stay here.
TEST(NftChild, InheritsNoDescriptorButItsThree) {
  const sys::UniqueFd low(::socket(AF_UNIX, SOCK_STREAM, 0));  // without close-on-exec
  const sys::UniqueFd open(::dup2(low.get(), 77));             // beyond what the shell opens itself
  ASSERT_TRUE(open.valid());
  const auto outcome = run("set +f; for fd in /proc/$$/fd/*; do echo ${fd##*/}; done", kLong);
  ASSERT_TRUE(outcome);
  EXPECT_NE(outcome->output.find("0\n1\n2\n"), std::string::npos) << outcome->output;
  EXPECT_EQ(outcome->output.find("77\n"), std::string::npos) << outcome->output;
}

}  // namespace
}  // namespace fairlead::kernel
