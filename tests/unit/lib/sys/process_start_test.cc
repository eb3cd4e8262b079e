#include "lib/sys/process_start.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <initializer_list>

namespace fairlead::sys {
namespace {

// Of a child of our own, whose descriptors and signals may be anything. Its exit code, or minus the signal
// that ended it.
int in_child(const std::function<int()>& job) {
  const pid_t child = fork();
  if (child == 0) _exit(job());
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1000;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool is_null_device(int fd) {
  struct stat there {};
  struct stat null {};
  return fstat(fd, &there) == 0 && stat("/dev/null", &null) == 0 && there.st_rdev == null.st_rdev &&
         S_ISCHR(there.st_mode);
}

TEST(FillStandardDescriptors, PutsTheNullDeviceWhereOneIsClosed) {
  EXPECT_EQ(in_child([] {
              for (const int fd : {0, 1, 2}) close(fd);
              fill_standard_descriptors();
              return is_null_device(0) && is_null_device(1) && is_null_device(2) ? 0 : 1;
            }),
            0);
}

TEST(FillStandardDescriptors, LeavesWhatIsOpenAndNothingElseOpen) {
  EXPECT_EQ(in_child([] {
              const int kept = open("/dev/zero", O_RDONLY);
              if (dup2(kept, 0) != 0 || dup2(kept, 2) != 2) return 1;
              close(kept);
              close(1);
              fill_standard_descriptors();
              const int next = open("/dev/zero", O_RDONLY);
              const bool good = !is_null_device(0) && is_null_device(1) && !is_null_device(2) && next == kept;
              return good ? 0 : 2;
            }),
            0);
}

TEST(IgnoreStraySignals, NoneOfThemEndsTheProcess) {
  for (const int number : {SIGPIPE, SIGXFSZ, SIGHUP, SIGUSR1, SIGUSR2}) {
    EXPECT_EQ(in_child([number] {
                std::signal(number, SIG_DFL);  // whoever started the tests may ignore it
                raise(number);
                return 0;
              }),
              -number);
    EXPECT_EQ(in_child([number] {
                ignore_stray_signals();
                raise(number);
                return 0;
              }),
              0);
  }
}

TEST(IgnoreStraySignals, OneThatAsksForTheEndStillDoes) {
  EXPECT_EQ(in_child([] {
              ignore_stray_signals();
              raise(SIGTERM);
              return 0;
            }),
            -SIGTERM);
}

}  // namespace
}  // namespace fairlead::sys
