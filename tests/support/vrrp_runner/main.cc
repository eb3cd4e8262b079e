// vrrp_runner --node NAME [--log] [--fence] [--password-dir DIR] [--ready-after MS] GROUP.json...: the node's
// vrrp thread alone, in this network namespace, as member NAME of the VRRPGroups in the files (api.md, as the
// API server would send them; uid and generation may be left out). Every VIP counts as ready at once, or as
// soon as the program has run for MS. --fence holds the finer fence as fairlead-node does; without it nobody
// tries, and groups of fast adverts say FenceOverlap. For tests of the wire that need no API server.
//
// Standard output, a line for each group whose report changed, then one for the order carried out:
//   group=g1 state=Master held=192.0.2.100,192.0.2.101 hears= reason=MasterDown outage=854
//   problems=FenceOverlap sequence=1 heard=eth1/52/192.0.2.9
// and for each object that cannot be used, which harms no other:
//   refused VRRPGroup g2: spec.trackQuorum: is not supported yet
// SIGHUP reads the files again: a group whose spec changed gets the next generation, a file that is gone is a
// group that is gone. SIGUSR1 prints all metrics, ended by a line "end of metrics". SIGTERM hands over,
// removes the finer fence and ends. --log writes the log to standard error, from level info.
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/sys/log.h"
#include "lib/sys/loop.h"
#include "lib/sys/unique_fd.h"
#include "node/agent/orders.h"
#include "node/agent/password_directory.h"
#include "node/agent/virtual_routers.h"
#include "node/plan/make_plan.h"
#include "tests/support/vrrp_runner/fence_thread.h"

using namespace fairlead;

namespace {

struct Options {
  std::string node;
  bool log = false;
  bool fence = false;
  std::string password_dir;
  Milliseconds ready_after{0};
  std::vector<std::string> files;
};

template <class List, class Text>
std::string joined(const List& list, Text text) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : ",") + text(item);
  return out;
}

void print_group(const std::string& name, const agent::GroupReport& group) {
  const auto& last = group.last_transition;
  const bool timed = last && last->outage_ms;
  std::printf("group=%s state=%s held=%s hears=%s reason=%s outage=%s problems=%s\n", name.c_str(),
              std::string(api::to_string(group.state)).c_str(),
              joined(group.held, [](const auto& a) { return net::to_string(a); }).c_str(),
              group.hears.c_str(), last ? last->reason.c_str() : "",
              timed ? std::to_string(*last->outage_ms).c_str() : "",
              joined(group.problems, [](const auto& p) { return p.type; }).c_str());
}

// The groups of the files, with the generations a server would have given them.
class Files {
 public:
  explicit Files(std::vector<std::string> names) : names_(std::move(names)) {}

  std::map<std::string, api::VRRPGroup> read() {
    std::map<std::string, api::VRRPGroup> groups;
    for (const auto& name : names_) {
      std::ifstream file(name);
      if (!file) continue;
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      auto decoded = api::decode_vrrp_group(text);
      for (const auto& problem : decoded.problems) {
        std::printf("refused %s: %s: %s\n", name.c_str(), problem.path.c_str(), problem.message.c_str());
      }
      if (decoded.ok()) add(std::move(decoded.value), groups);
    }
    known_ = groups;
    return groups;
  }

 private:
  void add(api::VRRPGroup group, std::map<std::string, api::VRRPGroup>& groups) const {
    const auto before = known_.find(group.meta.name);
    if (group.meta.uid.empty()) group.meta.uid = "uid-" + group.meta.name;
    group.meta.generation = 1;
    if (before != known_.end()) {
      group.meta.generation = before->second.meta.generation + (before->second.spec == group.spec ? 0 : 1);
    }
    groups.insert_or_assign(group.meta.name, std::move(group));
  }

  std::vector<std::string> names_;
  std::map<std::string, api::VRRPGroup> known_;
};

// What plan source and forwarding thread are to the vrrp thread.
class Runner {
 public:
  Runner(sys::Loop& loop, const Options& options, agent::VirtualRouterPorts ports)
      : node_{options.node, ""},
        files_(options.files),
        password_directory_(options.password_dir),
        cold_(options.ready_after > Milliseconds(0)),
        routers_(noting(std::move(ports)), metrics_,
                 [this](agent::VrrpReport report) { show(std::move(report)); }) {
    if (!options.fence) return;
    fenced_ = agent::FenceReport{};
    fence_ = std::make_unique<FenceThread>(loop, metrics_, last_turn_, [this](agent::FenceReport answer) {
      fenced_ = std::move(answer);
      tell_ready();
    });
  }

  void read_files() {
    const auto groups = files_.read();
    passwords_ = password_directory_.read(plan::password_files(node_.name, groups), passwords_);
    const auto made = plan::make_plan(node_, groups, {}, passwords_, plan_);
    for (const auto& problem : made.problems) std::printf("refused %s\n", plan::to_string(problem).c_str());
    std::fflush(stdout);
    plan_ = made.plan;
    ++sequence_;
    owned_ = agent::owned_after(owned_, plan_, report_, sequence_);
    routers_.order(agent::vrrp_order(plan_, sequence_, owned_));
    tell_ready();
  }
  // From now on what the files list is ready.
  void warm() {
    cold_ = false;
    tell_ready();
  }
  void print_metrics() {
    std::printf("%s\nend of metrics\n", metrics_.render().c_str());
    std::fflush(stdout);
  }
  void stop(const std::function<void()>& done) {
    routers_.stop([&] {
      if (fence_ && !fence_->finish()) std::fprintf(stderr, "the finer fence stays\n");
      done();
    });
  }

 private:
  agent::VirtualRouterPorts noting(agent::VirtualRouterPorts ports) {
    ports.turned = [this](TimePoint began) { last_turn_.note(began); };
    return ports;
  }

  void tell_ready() {
    agent::ForwardingReport ready;
    ready.sequence = sequence_;
    ready.fence = fenced_;
    if (!cold_) {
      ready.ready = agent::forwarding_order(plan_, sequence_, {}).vips;
      ready.ready.insert(plan_.awaited.begin(), plan_.awaited.end());
    }
    routers_.forwarding(std::move(ready));
  }

  void show(agent::VrrpReport report) {
    for (const auto& [name, group] : report.groups) {
      const auto before = report_.groups.find(name);
      if (before == report_.groups.end() || !(before->second == group)) print_group(name, group);
    }
    for (const auto& [name, group] : report_.groups) {
      if (!report.groups.contains(name)) std::printf("group=%s state=none\n", name.c_str());
    }
    std::printf("sequence=%llu heard=%s\n", static_cast<unsigned long long>(report.sequence),
                joined(report.heard, [](const auto& h) {
                  return h.interface + "/" + std::to_string(h.virtual_router_id) + "/" +
                         net::to_string(h.source);
                }).c_str());
    std::fflush(stdout);
    if (fence_ && report.sequence > 0) fence_->wish(report.fenced);
    report_ = std::move(report);
  }

  sys::Metrics metrics_;
  plan::NodeIdentity node_;
  Files files_;
  agent::PasswordDirectory password_directory_;
  plan::Passwords passwords_;
  plan::Plan plan_;
  std::uint64_t sequence_ = 0;
  std::set<net::IpAddress> owned_;
  agent::VrrpReport report_;
  bool cold_;
  std::optional<agent::FenceReport> fenced_;  // as answered last; absent: nobody tries
  agent::LastTurn last_turn_;
  std::unique_ptr<FenceThread> fence_;
  agent::VirtualRouters routers_;
};

bool read_options(int argc, char** argv, Options& out) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--node" && i + 1 < argc) {
      out.node = argv[++i];
    } else if (word == "--password-dir" && i + 1 < argc) {
      out.password_dir = argv[++i];
    } else if (word == "--ready-after" && i + 1 < argc) {
      out.ready_after = Milliseconds(std::atoi(argv[++i]));
    } else if (word == "--log") {
      out.log = true;
    } else if (word == "--fence") {
      out.fence = true;
    } else {
      out.files.push_back(word);
    }
  }
  return !out.node.empty() && !out.files.empty();
}

int run(const Options& options, int signalled) {
  sys::Loop loop;
  auto ports = agent::open_virtual_router_ports(loop);
  if (!ports) {
    std::fprintf(stderr, "%s\n", ports.error().message.c_str());
    return 1;
  }
  Runner runner(loop, options, *std::move(ports));
  const sys::ReadWatch watch(loop, signalled, [&] {
    signalfd_siginfo info{};
    if (read(signalled, &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGTERM) runner.stop([&] { loop.stop(); });
    if (info.ssi_signo == SIGHUP) runner.read_files();
    if (info.ssi_signo == SIGUSR1) runner.print_metrics();
  });
  sys::Timer warm(loop);
  if (options.ready_after > Milliseconds(0)) {
    warm.arm(sys::now() + options.ready_after, [&] { runner.warm(); });
  }
  loop.post([&] { runner.read_files(); });
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: vrrp_runner --node NAME [--log] [--fence] [--password-dir DIR] [--ready-after MS] "
                 "GROUP.json...\n");
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  sys::start_log(options.log ? sys::LogLevel::kInfo : sys::LogLevel::kError, sys::LogFormat::kText);
  const sys::UniqueFd signalled(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  const int code = run(options, signalled.get());
  sys::stop_log();
  return code;
}
