// vrrp_runner PRIORITY INTERVAL_MS PREEMPT_DELAY_S ADDRESS...: the node's vrrp thread alone, on interface
// eth1 of this network namespace, in one group with VRID 51 whose VIPs are always ready. For tests of the
// wire that need no API server. Prints a line for every report:
//   state=Master held=192.0.2.100,192.0.2.101 hears= outage=854 problems=FenceOverlap
// SIGUSR1 prints all metrics, ended by a line "end of metrics"; SIGTERM hands over and ends.
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "lib/sys/log.h"
#include "lib/sys/unique_fd.h"
#include "node/agent/virtual_routers.h"

using namespace fairlead;

namespace {

void print(const agent::VrrpReport& report) {
  for (const auto& [name, group] : report.groups) {
    std::string held;
    for (const auto& address : group.held) held += (held.empty() ? "" : ",") + net::to_string(address);
    std::string problems;
    for (const auto& problem : group.problems) problems += (problems.empty() ? "" : ",") + problem.type;
    const bool timed = group.last_transition && group.last_transition->outage_ms;
    std::printf("state=%s held=%s hears=%s outage=%s problems=%s\n",
                std::string(api::to_string(group.state)).c_str(), held.c_str(), group.hears.c_str(),
                timed ? std::to_string(*group.last_transition->outage_ms).c_str() : "", problems.c_str());
  }
  std::fflush(stdout);
}

plan::GroupPlan group_of(char** arguments, int count) {
  plan::GroupPlan out;
  out.name = "test";
  out.version = {"uid", 1, 1};
  out.virtual_router_id = vrrp::VirtualRouterId(51);
  out.interface = "eth1";
  out.priority = vrrp::Priority(static_cast<std::uint8_t>(std::atoi(arguments[1])));
  out.advertise_interval = vrrp::Centiseconds(std::atoi(arguments[2]) / 10);
  out.preempt_delay = Seconds(std::atoi(arguments[3]));
  for (int i = 4; i < count; ++i) out.addresses.insert(*net::parse_address(arguments[i]));
  // Whoever else takes part has at most the priority the controller gives.
  out.min_active_down_interval = vrrp::active_down_interval(vrrp::Priority(200), out.advertise_interval);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: vrrp_runner PRIORITY INTERVAL_MS PREEMPT_DELAY_S ADDRESS...\n");
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGUSR1);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  sys::start_log(sys::LogLevel::kError, sys::LogFormat::kText);
  sys::Loop loop;
  sys::Metrics metrics;
  auto ports = agent::open_virtual_router_ports(loop);
  if (!ports) {
    std::fprintf(stderr, "%s\n", ports.error().message.c_str());
    return 1;
  }
  agent::VirtualRouters routers(*std::move(ports), metrics, print);
  const plan::GroupPlan group = group_of(argv, argc);
  const sys::UniqueFd signalled(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  const sys::ReadWatch watch(loop, signalled.get(), [&] {
    signalfd_siginfo info{};
    if (read(signalled.get(), &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGTERM) {
      routers.stop([&] { loop.stop(); });
      return;
    }
    std::printf("%s\nend of metrics\n", metrics.render().c_str());
    std::fflush(stdout);
  });
  loop.post([&] {
    agent::ForwardingReport ready;
    ready.sequence = 1;
    ready.ready = group.addresses;
    routers.order({1, {{group.name, group}}, {}});
    routers.forwarding(std::move(ready));
  });
  loop.run();
  sys::stop_log();
  return 0;
}
