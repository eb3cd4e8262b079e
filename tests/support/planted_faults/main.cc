// A fault by name, for scripts/sanitized.py: what a preset with sanitizers has to find; else nobody would
// know that it finds nothing.
#include <cstdlib>
#include <iostream>
#include <limits>
#include <string>
#include <thread>

namespace {

volatile int shared_sink = 0;

int use_after_free() {
  int* volatile one = new int(1);
  delete one;
  return *one;
}

int leak() {
  int* volatile lost = new int(1);
  lost = nullptr;
  return lost == nullptr ? 0 : 1;
}

int overflow(int argc) {
  const volatile int most = std::numeric_limits<int>::max();
  return most + argc;
}

int race() {
  int shared = 0;
  std::thread other([&shared] { ++shared; });
  ++shared;
  other.join();
  return shared;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string fault = argc == 2 ? argv[1] : "";
  if (fault == "use-after-free") {
    shared_sink = use_after_free();
  } else if (fault == "leak") {
    shared_sink = leak();
  } else if (fault == "overflow") {
    shared_sink = overflow(argc);
  } else if (fault == "race") {
    shared_sink = race();
  } else {
    std::cerr << "planted_faults {use-after-free|leak|overflow|race}\n";
    return 2;
  }
  return 0;
}
