#include "node/kernel/nft_child.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/sys/loop.h"
#include "lib/sys/unique_fd.h"

namespace fairlead::kernel {
namespace {

constexpr std::size_t kOutputLimit = 4096;

Error error(const std::string& what, int number) {
  const Code code = number == ENOENT || number == EACCES ? Code::kNotFound : Code::kUnavailable;
  return fail(code, what + ": " + std::strerror(number));
}

// Files in memory in place of pipes: neither side can block on the other, whatever its size.
Result<sys::UniqueFd> memory_file(const char* name, const std::string& content) {
  sys::UniqueFd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd.valid()) return error("memfd", errno);
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t put = ::write(fd.get(), content.data() + written, content.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return error("write child's input", errno);
    written += static_cast<std::size_t>(put);
  }
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) return error("rewind child's input", errno);
  return fd;
}

std::string content_of(int fd) {
  std::string text(kOutputLimit, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

Result<pid_t> spawn(const std::string& program, const std::string& option, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  // Not every library marks its sockets close-on-exec; the child has no business with any of them.
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  // The daemon's threads block signals; the child must not inherit that.
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string path = program;
  std::string first = option;
  std::string flag = "-f";
  std::string dash = "-";
  std::string locale = "LC_ALL=C";
  char* const arguments[] = {path.data(), first.data(), flag.data(), dash.data(), nullptr};
  char* const environment[] = {locale.data(), nullptr};
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments, environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return error("run " + program, failed);
  return pid;
}

// True if the child ended in time; for when no descriptor of it is to be had: looks every few milliseconds.
bool ended_when_looked_at(pid_t pid, Milliseconds timeout) {
  constexpr int kLookEveryMs = 5;
  const TimePoint end = sys::now() + timeout;
  for (;;) {
    siginfo_t state{};
    const int failed = ::waitid(P_PID, static_cast<id_t>(pid), &state, WEXITED | WNOHANG | WNOWAIT);
    if (failed != 0 || state.si_pid == pid) return true;  // failed: there is no such child any more
    if (sys::now() >= end) return false;
    ::poll(nullptr, 0, kLookEveryMs);
  }
}

// True if the child ended in time.
bool ended_within(pid_t pid, Milliseconds timeout) {
  const sys::UniqueFd watched(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!watched.valid()) return ended_when_looked_at(pid, timeout);
  pollfd one{watched.get(), POLLIN, 0};
  int ready = -1;
  do {
    ready = ::poll(&one, 1, static_cast<int>(timeout.count()));
  } while (ready < 0 && errno == EINTR);
  return ready != 0;
}

// Errors: kUnavailable: nobody can tell how it ended (a parent that ignored SIGCHLD hands that on).
Result<int> wait_for(pid_t pid) {
  int status = 0;
  pid_t ended = -1;
  do {
    ended = ::waitpid(pid, &status, 0);
  } while (ended < 0 && errno == EINTR);
  if (ended < 0) return error("wait for the child's end", errno);
  if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
  return WEXITSTATUS(status);
}

}  // namespace

Result<ChildOutcome> run_nft_child(const std::string& program, const std::string& option,
                                   const std::string& input, Milliseconds timeout) {
  auto in = memory_file("nft-rules", input);
  if (!in) return in.error();
  auto out = memory_file("nft-output", "");
  if (!out) return out.error();
  const auto pid = spawn(program, option, in->get(), out->get());
  if (!pid) return pid.error();
  const bool ended = ended_within(*pid, timeout);
  if (!ended) ::kill(*pid, SIGKILL);
  const auto exit_code = wait_for(*pid);
  if (!ended) {
    return fail(Code::kUnavailable, program + ": no end after " + std::to_string(timeout.count()) + " ms");
  }
  if (!exit_code) return exit_code.error();
  return ChildOutcome{*exit_code, content_of(out->get())};
}

}  // namespace fairlead::kernel
