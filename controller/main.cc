#include <signal.h>
#include <sys/signalfd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "controller/app/controller.h"
#include "controller/app/pages.h"
#include "lib/apiserver/client.h"
#include "lib/net/endpoint.h"
#include "lib/sys/http_listener.h"
#include "lib/sys/log.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"
#include "lib/sys/unique_fd.h"

namespace fairlead {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr apiserver::RateLimit kRateLimit{50, 100};  // K-33

struct Flags {
  std::string kubeconfig;
  std::string api_servers;
  std::string namespace_name;
  bool leader_elect = false;
  bool default_controller = false;
  std::string metrics_address = "127.0.0.1:9474";
  std::string health_address = "127.0.0.1:9476";
  std::string log_level = "info";
  std::string log_format = "text";
};

void add_flags(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", std::string("fairlead-controller ") + FAIRLEAD_VERSION);
  app.add_option("--kubeconfig", flags.kubeconfig, "File; without it $KUBECONFIG, then the Pod's own account")
      ->envname("FAIRLEAD_KUBECONFIG");
  app.add_option("--api-servers", flags.api_servers,
                 "host:port,... tried in this order, instead of the kubeconfig's")
      ->envname("FAIRLEAD_API_SERVERS");
  app.add_option("--namespace", flags.namespace_name, "Namespace the controller runs in")
      ->envname("FAIRLEAD_NAMESPACE");
  app.add_flag("--leader-elect", flags.leader_elect, "Not built yet: run one replica")
      ->envname("FAIRLEAD_LEADER_ELECT");
  app.add_flag("--default-controller", flags.default_controller,
               "Services without a loadBalancerClass are ours, too")
      ->envname("FAIRLEAD_DEFAULT_CONTROLLER");
  app.add_option("--metrics-address", flags.metrics_address, "Where /metrics and /state are served")
      ->envname("FAIRLEAD_METRICS_ADDRESS")
      ->capture_default_str();
  app.add_option("--health-address", flags.health_address, "Where /healthz and /readyz are served")
      ->envname("FAIRLEAD_HEALTH_ADDRESS")
      ->capture_default_str();
  app.add_option("--log-level", flags.log_level, "Least level that is logged")
      ->envname("FAIRLEAD_LOG_LEVEL")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  app.add_option("--log-format", flags.log_format, "How lines are written")
      ->envname("FAIRLEAD_LOG_FORMAT")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
}

int complain(int code, const std::string& sentence) {
  std::fprintf(stderr, "fairlead-controller: %s\n", sentence.c_str());
  return code;
}

sys::LogLevel level_of(const std::string& text) {
  if (text == "debug") return sys::LogLevel::kDebug;
  if (text == "warning") return sys::LogLevel::kWarning;
  return text == "error" ? sys::LogLevel::kError : sys::LogLevel::kInfo;
}

// The literal addresses among the API servers: none of them may become a VIP.
std::vector<net::IpAddress> addresses_of(const apiserver::ClientConfig& config) {
  std::vector<net::IpAddress> out;
  for (const auto& server : config.servers) {
    if (const auto address = net::parse_address(server.host)) out.push_back(*address);
  }
  return out;
}

sys::UniqueFd stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return sys::UniqueFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

struct Addresses {
  net::Endpoint metrics;
  net::Endpoint health;
};

int serve(const Flags& flags, const Addresses& addresses, const apiserver::ClientConfig& config,
          int signals) {
  sys::Metrics metrics;
  controller::Pages pages;
  pages.beat(sys::now());
  auto health = sys::HttpListener::start(addresses.health, pages.health_routes());
  if (!health) return complain(kFailed, health.error().message + ": give another --health-address");
  auto metrics_listener = sys::HttpListener::start(addresses.metrics, pages.metrics_routes(metrics));
  if (!metrics_listener) {
    return complain(kFailed, metrics_listener.error().message + ": give another --metrics-address");
  }
  apiserver::start_transport_runtime();
  sys::Loop loop;
  {
    apiserver::Client client(loop, metrics, config, kRateLimit,
                             std::string("fairlead-controller/") + FAIRLEAD_VERSION);
    controller::Controller controller(loop, metrics, client, pages,
                                      {flags.default_controller, addresses_of(config)});
    const sys::ReadWatch stop(loop, signals, [&loop, signals] {
      signalfd_siginfo received{};
      if (read(signals, &received, sizeof received) != sizeof received) return;
      sys::log(sys::LogLevel::kInfo, "controller.stopping", {{"signal", std::to_string(received.ssi_signo)}});
      loop.stop();
    });
    sys::log(sys::LogLevel::kInfo, "controller.started",
             {{"version", FAIRLEAD_VERSION}, {"namespace", flags.namespace_name}});
    loop.run();
  }
  return 0;
}

int run(const Flags& flags) {
  if (flags.leader_elect) {
    return complain(kWrongUsage,
                    "leader election is not there yet: leave --leader-elect out and run one replica.");
  }
  const auto metrics = net::parse_endpoint(flags.metrics_address);
  if (!metrics)
    return complain(kWrongUsage, "--metrics-address must be address:port, got " + flags.metrics_address);
  const auto health = net::parse_endpoint(flags.health_address);
  if (!health)
    return complain(kWrongUsage, "--health-address must be address:port, got " + flags.health_address);
  const auto config = apiserver::find_config(flags.kubeconfig, flags.api_servers);
  if (!config) return complain(kWrongUsage, config.error().message);
  const sys::UniqueFd signals = stop_signals();  // before any thread exists
  sys::start_log(level_of(flags.log_level),
                 flags.log_format == "json" ? sys::LogFormat::kJson : sys::LogFormat::kText);
  const int code = serve(flags, {*metrics, *health}, *config, signals.get());
  sys::stop_log();
  return code;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app(
      "Fairlead's controller: turns VirtualIPs and Services into VRRP groups and sets of real servers.",
      "fairlead-controller");
  Flags flags;
  add_flags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return complain(kWrongUsage, std::string(error.what()) + "; see --help.");
  }
  return run(flags);
}

}  // namespace
}  // namespace fairlead

int main(int argc, char** argv) { return fairlead::parse_and_run(argc, argv); }
