#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "controller/app/controller.h"
#include "controller/app/leadership.h"
#include "controller/app/pages.h"
#include "lib/api/manifest.h"
#include "lib/apiserver/client.h"
#include "lib/net/endpoint.h"
#include "lib/sys/http_listener.h"
#include "lib/sys/log.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"
#include "lib/sys/process_start.h"
#include "lib/sys/random_hex.h"
#include "lib/sys/unique_fd.h"

namespace fairlead {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr const char* kNamespace = "fairlead-system";
constexpr apiserver::RateLimit kRateLimit{50, 100};  // K-33

struct Flags {
  std::string kubeconfig;
  std::string api_servers;
  std::string namespace_name;
  bool leader_elect = true;
  std::string lease_name = "fairlead-controller";
  std::int64_t lease_duration = 15;
  std::int64_t renew_deadline = 10;
  std::int64_t retry_period = 2;
  bool default_controller = false;
  bool ignore_exclude_label = false;
  std::string on_cordon = "handover";
  std::string metrics_address = "127.0.0.1:9474";
  std::string health_address = "127.0.0.1:9476";
  std::string log_level = "info";
  std::string log_format = "text";
};

void add_election_flags(CLI::App& app, Flags& flags) {
  app.add_flag("--leader-elect", flags.leader_elect,
               "Of several replicas one writes, by default; =false: this one does, come what may")
      ->envname("FAIRLEAD_LEADER_ELECT")
      ->capture_default_str();
  app.add_option("--lease-name", flags.lease_name, "The Lease by which replicas elect their leader")
      ->envname("FAIRLEAD_LEASE_NAME")
      ->capture_default_str();
  const auto seconds = [&app](const char* name, std::int64_t& value, const char* env, const char* text) {
    app.add_option(name, value, text)->envname(env)->capture_default_str()->check(CLI::Range(1, 3600));
  };
  seconds("--lease-duration", flags.lease_duration, "FAIRLEAD_LEASE_DURATION",
          "Seconds that others wait after a leader's last sign of life");
  seconds("--renew-deadline", flags.renew_deadline, "FAIRLEAD_RENEW_DEADLINE",
          "Seconds that a leader goes on without renewing the Lease; less than --lease-duration");
  seconds("--retry-period", flags.retry_period, "FAIRLEAD_RETRY_PERIOD",
          "Seconds between tries; 1.2 times this is less than --renew-deadline");
}

void add_node_flags(CLI::App& app, Flags& flags) {
  app.add_flag("--ignore-exclude-lb", flags.ignore_exclude_label,
               "Nodes labelled node.kubernetes.io/exclude-from-external-load-balancers take part, too")
      ->envname("FAIRLEAD_IGNORE_EXCLUDE_LB");
  app.add_option("--on-cordon", flags.on_cordon, "Whether a cordoned node hands its VIPs over")
      ->envname("FAIRLEAD_ON_CORDON")
      ->capture_default_str()
      ->check(CLI::IsMember({"handover", "ignore"}));
}

void add_flags(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", std::string("fairlead-controller ") + FAIRLEAD_VERSION);
  app.add_option("--kubeconfig", flags.kubeconfig, "File; without it $KUBECONFIG, then the Pod's own account")
      ->envname("FAIRLEAD_KUBECONFIG");
  app.add_option("--api-servers", flags.api_servers,
                 "host:port,... tried in this order, instead of the kubeconfig's")
      ->envname("FAIRLEAD_API_SERVERS");
  app.add_option("--namespace", flags.namespace_name,
                 "Where the Lease is; without it the kubeconfig's or the Pod's own, then fairlead-system")
      ->envname("FAIRLEAD_NAMESPACE");
  add_election_flags(app, flags);
  app.add_flag("--default-controller", flags.default_controller,
               "Services without a loadBalancerClass are ours, too")
      ->envname("FAIRLEAD_DEFAULT_CONTROLLER");
  add_node_flags(app, flags);
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

controller::Settings settings_of(const Flags& flags, const apiserver::ClientConfig& config) {
  controller::Settings out;
  out.default_controller = flags.default_controller;
  out.api_servers = addresses_of(config);
  out.ignore_exclude_label = flags.ignore_exclude_label;
  out.ignore_cordon = flags.on_cordon == "ignore";
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

std::string host_name() {
  std::array<char, 256> buffer{};
  return gethostname(buffer.data(), buffer.size() - 1) == 0 ? std::string(buffer.data()) : "unknown";
}

struct Addresses {
  net::Endpoint metrics;
  net::Endpoint health;
};

// What serve() was told, all checked.
struct Plan {
  Addresses addresses;
  apiserver::ClientConfig config;
  std::string host;
  std::string namespace_name;
  controller::Settings settings;
  std::optional<controller::Election> election;  // none: this replica leads
};

// In a Pod the host's name is the Pod's. A start of the same Pod is somebody else. The namespace comes later.
Result<controller::Election> election_of(const Flags& flags, const std::string& host) {
  if (!api::is_object_name(flags.lease_name)) {
    return fail(Code::kInvalid, "--lease-name must be a name that Kubernetes takes, got " + flags.lease_name);
  }
  auto config =
      reconcile::make_election_config({host + "_" + sys::random_hex(16), Seconds(flags.lease_duration),
                                       Seconds(flags.renew_deadline), Seconds(flags.retry_period)});
  if (!config) return config.error();
  return controller::Election{{"", flags.lease_name}, *std::move(config)};
}

int serve(const Plan& plan, int signals) {
  sys::Metrics metrics;
  controller::Pages pages;
  pages.beat(sys::now());
  auto health = sys::HttpListener::start(plan.addresses.health, pages.health_routes());
  if (!health) return complain(kFailed, health.error().message + ": give another --health-address");
  auto metrics_listener = sys::HttpListener::start(plan.addresses.metrics, pages.metrics_routes(metrics));
  if (!metrics_listener) {
    return complain(kFailed, metrics_listener.error().message + ": give another --metrics-address");
  }
  apiserver::start_transport_runtime();
  sys::Loop loop;
  int code = 0;
  {
    apiserver::Client client(loop, metrics, plan.config, kRateLimit,
                             std::string("fairlead-controller/") + FAIRLEAD_VERSION);
    sys::log(sys::LogLevel::kInfo, "controller.started",
             {{"version", FAIRLEAD_VERSION}, {"namespace", plan.namespace_name}});
    controller::Controller controller(loop, metrics, client, pages, plan.settings,
                                      "fairlead-controller-" + plan.host);
    using controller::Leadership;
    Leadership leadership({loop, metrics, client, pages, controller},
                          plan.election ? &*plan.election : nullptr, [&](Leadership::End how) {
                            if (how == Leadership::End::kLost) code = kFailed;
                            loop.stop();
                          });
    const sys::ReadWatch stop(loop, signals, [&leadership, signals] {
      signalfd_siginfo received{};
      if (read(signals, &received, sizeof received) != sizeof received) return;
      sys::log(sys::LogLevel::kInfo, "controller.stopping", {{"signal", std::to_string(received.ssi_signo)}});
      leadership.stop();
    });
    loop.run();
  }
  return code;
}

// A library says by an exception that the system gives no descriptor, thread or memory.
int run(const Flags& flags) try {
  const auto metrics = net::parse_endpoint(flags.metrics_address);
  if (!metrics)
    return complain(kWrongUsage, "--metrics-address must be address:port, got " + flags.metrics_address);
  const auto health = net::parse_endpoint(flags.health_address);
  if (!health)
    return complain(kWrongUsage, "--health-address must be address:port, got " + flags.health_address);
  const std::string host = host_name();
  const auto election = election_of(flags, host);
  if (!election) return complain(kWrongUsage, election.error().message);
  const auto config = apiserver::find_config(flags.kubeconfig, flags.api_servers);
  if (!config) return complain(kWrongUsage, config.error().message);
  Plan plan{{*metrics, *health}, *config, host, flags.namespace_name, settings_of(flags, *config), {}};
  if (plan.namespace_name.empty()) plan.namespace_name = config->namespace_name;
  if (plan.namespace_name.empty()) plan.namespace_name = kNamespace;
  if (!api::is_object_name(plan.namespace_name)) {
    return complain(kWrongUsage,
                    "--namespace must be a name that Kubernetes takes, got " + plan.namespace_name);
  }
  if (flags.leader_elect) {
    plan.election = *election;
    plan.election->lease.namespace_name = plan.namespace_name;
  }
  const sys::UniqueFd signals = stop_signals();  // before any thread exists
  sys::start_log(level_of(flags.log_level),
                 flags.log_format == "json" ? sys::LogFormat::kJson : sys::LogFormat::kText);
  const int code = serve(plan, signals.get());
  sys::stop_log();
  return code;
} catch (const std::exception& error) {
  sys::stop_log();
  return complain(kFailed, std::string("the system refuses what it needs: ") + error.what());
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

int main(int argc, char** argv) {
  fairlead::sys::fill_standard_descriptors();
  fairlead::sys::ignore_stray_signals();
  return fairlead::parse_and_run(argc, argv);
}
