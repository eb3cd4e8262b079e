#pragma once

namespace fairlead::sys {

// What a daemon does first of all in main, before there is any thread or descriptor of its own.

// Opens /dev/null in the place of a standard descriptor (0, 1, 2) that whoever starts us has closed: else the
// next socket would be number 2, and every line of the log would be sent over it.
void fill_standard_descriptors();

// Ignores what would end the process by default, without its having handed over, and means nothing to it:
// SIGPIPE (a write that fails says so), SIGXFSZ (so does a file at its limit), and SIGHUP, SIGUSR1, SIGUSR2,
// which other daemons of our trade take for "read the configuration" and "write down what you do".
void ignore_stray_signals();

}  // namespace fairlead::sys
