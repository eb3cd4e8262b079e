#include "lib/sys/process_start.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace fairlead::sys {

// The lowest free number is given out: what is open already makes this end at the first above 2.
void fill_standard_descriptors() {
  int fd = open("/dev/null", O_RDWR);  // stays open for children, as the real ones would
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR);
  if (fd > STDERR_FILENO) close(fd);
}

void ignore_stray_signals() {
  for (const int number : {SIGPIPE, SIGXFSZ, SIGHUP, SIGUSR1, SIGUSR2}) std::signal(number, SIG_IGN);
}

}  // namespace fairlead::sys
