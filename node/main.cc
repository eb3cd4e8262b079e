#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

#include "lib/apiserver/client.h"
#include "lib/sys/log.h"
#include "lib/sys/process_start.h"
#include "node/agent/agent.h"
#include "node/agent/cleanup.h"
#include "node/agent/manifest_reading.h"
#include "node/agent/own_process.h"
#include "node/agent/prepare_host.h"
#include "node/agent/state_query.h"
#include "node/agent/status_text.h"
#include "node/kernel/privileges.h"

// fairlead-node: command line only. api.md, Command lines.
namespace {

using fairlead::Result;

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kCannotRun = 2;  // wrong usage, or a machine that cannot run it

struct Options {
  std::string node_name;
  std::string kubeconfig;
  std::string api_servers;
  std::string static_dir;
  bool no_api = false;
  std::string state_dir = "/var/lib/fairlead";
  std::string password_dir = "/etc/fairlead/passwords";
  std::string metrics_address = "127.0.0.1:9473";
  std::string health_address = "127.0.0.1:9475";
  bool no_finer_fence = false;
  bool realtime = false;
  std::string log_level = "info";
  std::string log_format = "text";
  bool check = false;
  std::string output = "text";
};

int refuse(const std::string& sentence) {
  std::cerr << "fairlead-node: " << sentence << "\n";
  return kCannotRun;
}

int failed(const std::string& sentence) {
  std::cerr << "fairlead-node: " << sentence << "\n";
  return kFailed;
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--node-name", options.node_name, "Name of this node's Node object")->envname("NODE_NAME");
  app.add_option("--kubeconfig", options.kubeconfig,
                 "File; without it $KUBECONFIG, then the Pod's own account")
      ->envname("FAIRLEAD_KUBECONFIG");
  app.add_option("--api-servers", options.api_servers,
                 "host:port,... tried in this order, instead of the kubeconfig's")
      ->envname("FAIRLEAD_API_SERVERS");
  app.add_option("--static", options.static_dir,
                 "Folder of manifests (VRRPGroup, RealServerSet) to run on, besides or instead of the API "
                 "server's; read again when they change")
      ->envname("FAIRLEAD_STATIC");
  app.add_flag("--no-api", options.no_api, "There is no API server: run on the manifests of --static alone")
      ->envname("FAIRLEAD_NO_API");
  app.add_option("--state-dir", options.state_dir, "Folder of the checkpoint; one daemon at a time")
      ->envname("FAIRLEAD_STATE_DIR")
      ->capture_default_str();
  app.add_option("--password-dir", options.password_dir,
                 "Folder of the password files that VRRPGroups with authentication PASS name")
      ->envname("FAIRLEAD_PASSWORD_DIR")
      ->capture_default_str();
  app.add_option("--metrics-address", options.metrics_address, "Where /metrics and /state are served")
      ->envname("FAIRLEAD_METRICS_ADDRESS")
      ->capture_default_str();
  app.add_option("--health-address", options.health_address, "Where /healthz and /readyz are served")
      ->envname("FAIRLEAD_HEALTH_ADDRESS")
      ->capture_default_str();
  app.add_flag("--no-finer-fence", options.no_finer_fence,
               "Rely on the lifetimes of addresses alone (nft table netdev fairlead_fence is not used)")
      ->envname("FAIRLEAD_NO_FINER_FENCE");
  app.add_flag("--realtime", options.realtime, "Real-time scheduling for VRRP; needs SYS_NICE")
      ->envname("FAIRLEAD_REALTIME");
  app.add_option("--log-level", options.log_level, "Least level that is logged")
      ->envname("FAIRLEAD_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--log-format", options.log_format, "How lines are written")
      ->envname("FAIRLEAD_LOG_FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

fairlead::sys::LogLevel level_of(const std::string& text) {
  if (text == "debug") return fairlead::sys::LogLevel::kDebug;
  if (text == "warning") return fairlead::sys::LogLevel::kWarning;
  if (text == "error") return fairlead::sys::LogLevel::kError;
  return fairlead::sys::LogLevel::kInfo;
}

// --node-name, $NODE_NAME, $FAIRLEAD_NODE_NAME: CLI11 knows one variable for each option.
void complete_node_name(Options& options) {
  const char* name = std::getenv("FAIRLEAD_NODE_NAME");
  if (options.node_name.empty() && name != nullptr) options.node_name = name;
}

int run_status(const Options& options) {
  const auto address = fairlead::net::parse_endpoint(options.metrics_address);
  if (!address) return refuse("--metrics-address: " + address.error().message);
  const auto answer = fairlead::agent::query_state(*address);
  if (!answer) {
    return failed(answer.error().message + ": is fairlead-node running, with this --metrics-address?");
  }
  std::cout << (options.output == "json" ? answer->json : fairlead::agent::status_text(answer->state));
  return kOk;
}

int run_cleanup(const Options& options) {
  if (const auto may = fairlead::kernel::require_net_admin(); !may) {
    return refuse(may.error().message + ": run cleanup as root");
  }
  const auto cleaned = fairlead::agent::cleanup(options.state_dir, std::cout);
  if (cleaned) return kOk;
  const bool busy = cleaned.error().code == fairlead::Code::kConflict;
  return busy ? refuse(cleaned.error().message) : failed(cleaned.error().message);
}

Result<fairlead::agent::AgentConfig> agent_config(const Options& options) {
  fairlead::agent::AgentConfig out;
  out.node_name = options.node_name;
  out.state_dir = options.state_dir;
  out.password_dir = options.password_dir;
  if (options.no_finer_fence) out.finer_fence = fairlead::agent::FinerFence::kOff;
  out.realtime = options.realtime;
  const auto metrics = fairlead::net::parse_endpoint(options.metrics_address);
  if (!metrics) return fail(metrics.error().code, "--metrics-address: " + metrics.error().message);
  const auto health = fairlead::net::parse_endpoint(options.health_address);
  if (!health) return fail(health.error().code, "--health-address: " + health.error().message);
  out.metrics_address = *metrics;
  out.health_address = *health;
  if (!options.static_dir.empty()) out.manifests = options.static_dir;
  if (options.no_api) return out;
  auto api = fairlead::apiserver::find_config(options.kubeconfig, options.api_servers);
  if (!api) {
    const std::string hint = out.manifests ? "; if there is no API server, say --no-api" : "";
    return fail(api.error().code, api.error().message + hint);
  }
  out.api = *api;
  return out;
}

int run_agent(fairlead::agent::AgentConfig config) {
  auto agent = fairlead::agent::Agent::open(std::move(config));
  if (agent) {
    (*agent)->run();
    return kOk;
  }
  const bool may_pass = agent.error().code == fairlead::Code::kUnavailable;
  return may_pass ? failed(agent.error().message) : refuse(agent.error().message);
}

// Why this cannot be run, by what was given alone; empty: it can.
std::string refusal(const Options& options) {
  if (options.node_name.empty()) {
    return "the node's name is not known: give --node-name or set $NODE_NAME";
  }
  if (options.no_api && options.static_dir.empty()) {
    return "--no-api leaves nothing to run on: give a folder of manifests with --static";
  }
  if (options.static_dir.empty()) return "";
  const auto listed = fairlead::agent::list_manifests(options.static_dir);
  // With too many files it runs on what it remembers, and tells.
  const bool is_there = listed || listed.error().code == fairlead::Code::kInvalid;
  return is_there ? "" : "--static: " + listed.error().message + ": make the folder, or name another";
}

// A library says by an exception that the system gives no descriptor, thread or memory.
int run_daemon(const Options& options) try {
  if (const auto why = refusal(options); !why.empty()) return refuse(why);
  fairlead::agent::raise_priority();
  const auto realtime = options.realtime ? fairlead::kernel::Realtime::kYes : fairlead::kernel::Realtime::kNo;
  if (const auto kept = fairlead::kernel::keep_needed_privileges(realtime); !kept) {
    return refuse(kept.error().message + ": run it as root, or add the capability to the container");
  }
  auto config = agent_config(options);
  if (!config) return refuse(config.error().message);
  if (config->api) fairlead::apiserver::start_transport_runtime();
  const auto format =
      options.log_format == "json" ? fairlead::sys::LogFormat::kJson : fairlead::sys::LogFormat::kText;
  fairlead::sys::start_log(level_of(options.log_level), format);
  const int code = run_agent(std::move(*config));
  fairlead::sys::stop_log();
  return code;
} catch (const std::exception& error) {
  fairlead::sys::stop_log();
  return failed(std::string("the system refuses what it needs: ") + error.what());
}

}  // namespace

int main(int argc, char** argv) {
  fairlead::sys::fill_standard_descriptors();
  fairlead::agent::block_signals();
  Options options;
  CLI::App app{"Fairlead's node daemon: holds virtual IPs by VRRP and forwards what arrives on them.",
               "fairlead-node"};
  app.set_version_flag("--version", std::string("fairlead-node ") + FAIRLEAD_VERSION);
  app.fallthrough();
  add_options(app, options);
  auto* prepare = app.add_subcommand(
      "prepare-host",
      "Load modules and set sysctls that forwarding needs; as root, before the daemon starts");
  prepare->add_flag("--check", options.check, "Change nothing, only say what is missing");
  auto* status = app.add_subcommand("status", "Ask the running daemon, at --metrics-address, what it does");
  status->add_option("-o,--output", options.output, "Format")->check(CLI::IsMember({"text", "json"}));
  auto* cleanup = app.add_subcommand(
      "cleanup", "Remove everything of ours from this machine: stop the daemon first, give its --state-dir");
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kCannotRun;
  }
  complete_node_name(options);
  if (*prepare) return fairlead::agent::prepare_host(options.check, std::cout) ? kOk : kFailed;
  if (*status) return run_status(options);
  if (*cleanup) return run_cleanup(options);
  return run_daemon(options);
}
