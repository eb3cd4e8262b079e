#include "node/agent/agent.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <future>
#include <utility>

#include "lib/sys/http_listener.h"
#include "lib/sys/log.h"
#include "lib/sys/mailbox.h"
#include "lib/sys/process_start.h"
#include "node/agent/api_side.h"
#include "node/agent/beat.h"
#include "node/agent/daemon_locks.h"
#include "node/agent/forwarding.h"
#include "node/agent/last_turn.h"
#include "node/agent/own_process.h"
#include "node/agent/plan_source.h"
#include "node/agent/snapshot.h"
#include "node/agent/speaker.h"
#include "node/agent/virtual_routers.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kGatherState{100};
constexpr Seconds kFlushAtMost{2};
constexpr Seconds kEndAtMost{5};

// One value under one key: the newest replaces those that wait.
template <class Value>
using Newest = sys::Mailbox<int, Value>;
constexpr int kNewest = 0;

// Its loop and all that it uses must live on, so nothing is destroyed.
[[noreturn]] void leave_a_hanging_thread() {
  sys::log(sys::LogLevel::kError, "node.ended_hanging", {});
  sys::stop_log();
  std::_Exit(EXIT_FAILURE);
}

sys::HttpReply word(bool good) {
  return good ? sys::HttpReply{200, "text/plain; charset=utf-8", "ok\n"}
              : sys::HttpReply{503, "text/plain; charset=utf-8", "failing\n"};
}

}  // namespace

// Destroyed from the bottom up, after the loops have stopped: who is called first, who calls last.
struct Agent::Parts {
  Parts(AgentConfig config_in, DaemonLocks locks_in)
      : config(std::move(config_in)),
        locks(std::move(locks_in)),
        speaker(make_speaker(config.node_name, config.api)),
        store(config.state_dir),
        api_side(config.api ? std::make_unique<ApiSide>(api_loop, metrics, *config.api, speaker, sources())
                            : nullptr),
        source(api_loop, metrics, api_side ? &api_side->client() : nullptr,
               {store, PasswordDirectory(config.password_dir), config.manifests}, speaker.node,
               {[this](VrrpOrder vrrp, ForwardingOrder forwarding) {
                  forwarding_orders.put(kNewest, std::move(forwarding));
                  vrrp_orders.put(kNewest, std::move(vrrp));
                },
                [this] {
                  if (api_side) api_side->plan(source.view(), source.groups());
                  show_state_soon();
                },
                [this] { api_beat.moved(); }}) {}

  // Asked once everything runs, when `source` is there.
  ReporterSources sources() {
    return {[this]() -> const PlanView& { return source.view(); },
            [this]() -> const std::map<api::ObjectKey, api::VRRPGroup>& { return source.groups(); },
            [this] { return source.synced(); },
            [this]() -> const std::map<std::string, api::VRRPGroup>& { return source.planned(); },
            [this](const std::string& instance) { namesakes.put(kNewest, instance); }};
  }

  // Each of these runs on the loop named.
  void take_vrrp_report(const VrrpReport& report);              // api
  void take_forwarding_report(const ForwardingReport& report);  // api
  void show_state_soon();                                       // api
  bool alive() const { return vrrp_beat.alive() && forwarding_beat.alive() && api_beat.alive(); }

  Result<> open_kernel();
  Result<> open_listeners();
  void hand_over();

  AgentConfig config;
  DaemonLocks locks;
  Speaker speaker;
  sys::Metrics metrics;
  sys::Loop vrrp_loop;
  sys::Loop forwarding_loop;
  sys::Loop api_loop;
  Beat vrrp_beat{vrrp_loop, Microseconds(0)};
  Beat forwarding_beat{forwarding_loop, kernel::kNftPatience};
  Beat api_beat{api_loop, Microseconds(0)};
  LastTurn last_turn;
  std::atomic<bool> vrrp_planned{false};  // a plan has been carried out
  std::atomic<bool> forwarding_planned{false};
  Snapshot state;
  Reports reports;  // the newest of each
  bool showing_state = false;
  sys::Timer state_timer{api_loop};

  Newest<VrrpOrder> vrrp_orders{vrrp_loop,
                                [this](auto values) { routers->order(std::move(values.at(kNewest))); }};
  Newest<ForwardingReport> reports_to_vrrp{
      vrrp_loop, [this](auto values) { routers->forwarding(std::move(values.at(kNewest))); }};
  Newest<std::string> namesakes{vrrp_loop, [this](auto values) { routers->namesake(values.at(kNewest)); }};
  Newest<ForwardingOrder> forwarding_orders{
      forwarding_loop, [this](auto values) { forwarder->order(std::move(values.at(kNewest))); }};
  Newest<VrrpReport> reports_to_forwarding{forwarding_loop,
                                           [this](auto values) { forwarder->held(values.at(kNewest)); }};
  Newest<VrrpReport> vrrp_reports{api_loop, [this](auto values) { take_vrrp_report(values.at(kNewest)); }};
  Newest<ForwardingReport> forwarding_reports{
      api_loop, [this](auto values) { take_forwarding_report(values.at(kNewest)); }};

  CheckpointStore store;
  std::unique_ptr<ApiSide> api_side;  // nullptr: there is no API server
  PlanSource source;
  std::unique_ptr<VirtualRouters> routers;
  std::unique_ptr<ForwardingAgent> forwarder;
  std::unique_ptr<sys::HttpListener> metrics_listener;
  std::unique_ptr<sys::HttpListener> health_listener;
};

void Agent::Parts::take_vrrp_report(const VrrpReport& report) {
  if (report.sequence > 0) vrrp_planned = true;
  source.vrrp(report);
  if (api_side) api_side->vrrp(reports.vrrp, report);
  reports.vrrp = report;
  show_state_soon();
}

void Agent::Parts::take_forwarding_report(const ForwardingReport& report) {
  if (report.sequence > 0) forwarding_planned = true;
  source.forwarding(report);
  if (api_side) api_side->reporter().forwarding(report);
  reports.forwarding = report;
  show_state_soon();
}

void Agent::Parts::show_state_soon() {
  if (std::exchange(showing_state, true)) return;
  state_timer.arm(sys::now() + kGatherState, [this] {
    showing_state = false;
    state.put(api::encode_node_state(node_state(speaker, source.view(), reports)) + "\n");
  });
}

Result<> Agent::Parts::open_kernel() {
  auto ports = open_virtual_router_ports(vrrp_loop);
  if (!ports) return ports.error();
  ports->turned = [this](TimePoint began) { last_turn.note(began); };
  routers = std::make_unique<VirtualRouters>(std::move(*ports), metrics, [this](VrrpReport report) {
    reports_to_forwarding.put(kNewest, report);
    vrrp_reports.put(kNewest, std::move(report));
  });
  auto forwarding = open_forwarding_ports(config.finer_fence, [this] { return last_turn.ago(sys::now()); });
  forwarding.prober = probe::open_prober(forwarding_loop);
  forwarding.moved = [this] { forwarding_beat.moved(); };
  forwarder = std::make_unique<ForwardingAgent>(forwarding_loop, metrics, std::move(forwarding),
                                                [this](const ForwardingReport& report) {
                                                  reports_to_vrrp.put(kNewest, report);
                                                  forwarding_reports.put(kNewest, report);
                                                });
  return Done{};
}

Result<> Agent::Parts::open_listeners() {
  metrics
      .gauge("fairlead_build_info", "1; the labels say what runs",
             {{"component", "node"}, {"version", FAIRLEAD_VERSION}, {"revision", "unknown"}})
      .set(1);
  state.put(api::encode_node_state(node_state(speaker, PlanView{}, Reports{})) + "\n");
  auto shown = sys::HttpListener::start(
      config.metrics_address,
      {{"/metrics",
        [this] {
          return sys::HttpReply{200, "text/plain; version=0.0.4; charset=utf-8", metrics.render()};
        }},
       {"/state", [this] {
          return sys::HttpReply{200, "application/json", state.get()};
        }}});
  if (!shown) return fail(shown.error().code, shown.error().message + ": give another --metrics-address");
  metrics_listener = std::move(*shown);
  auto health = sys::HttpListener::start(
      config.health_address, {{"/healthz", [this] { return word(alive()); }},
                              {"/readyz", [this] { return word(vrrp_planned && forwarding_planned); }}});
  if (!health) return fail(health.error().code, health.error().message + ": give another --health-address");
  health_listener = std::move(*health);
  return Done{};
}

// Bounded at every step: a loop that hangs must not keep the process.
void Agent::Parts::hand_over() {
  const auto released = std::make_shared<std::promise<void>>();
  vrrp_loop.post([this, released] {
    routers->stop([released] { released->set_value(); });
    vrrp_loop.stop();  // no order that still waits makes it a router again
  });
  if (released->get_future().wait_for(Seconds(10)) != std::future_status::ready) {
    sys::log(sys::LogLevel::kError, "node.hand_over_late", {{"thread", "vrrp"}});
  }
  // The last report of the vrrp thread was posted before: the finer fence is gone with the VIPs.
  const auto unfenced = std::make_shared<std::promise<void>>();
  forwarding_loop.post([unfenced] { unfenced->set_value(); });
  const auto written = std::make_shared<std::promise<void>>();
  api_loop.post([this, written] {
    if (!api_side) return written->set_value();
    api_side->reporter().flush(sys::now() + kFlushAtMost, [written] { written->set_value(); });
  });
  written->get_future().wait_for(2 * kFlushAtMost);
  if (unfenced->get_future().wait_for(kFlushAtMost) != std::future_status::ready) {
    sys::log(sys::LogLevel::kError, "node.hand_over_late", {{"thread", "forwarding"}});
  }
}

Agent::Agent(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::open(AgentConfig config) {
  auto locks = take_daemon_locks(config.state_dir);
  if (!locks) return locks.error();
  auto parts = std::make_unique<Parts>(std::move(config), std::move(*locks));
  if (const auto opened = parts->open_kernel(); !opened) return opened.error();
  if (const auto opened = parts->open_listeners(); !opened) return opened.error();
  return std::unique_ptr<Agent>(new Agent(std::move(parts)));
}

void Agent::run() {
  Parts& parts = *parts_;
  sys::log(sys::LogLevel::kInfo, "node.started",
           {{"node", parts.speaker.node.name},
            {"instance", parts.speaker.instance},
            {"version", parts.speaker.version}});
  lock_memory();
  std::promise<pid_t> vrrp_id;
  NamedThread vrrp("vrrp", [&parts, &vrrp_id] {
    vrrp_id.set_value(gettid());
    if (parts.config.realtime) become_realtime();
    parts.vrrp_loop.run();
  });
  NamedThread forwarding("forwarding", [&parts] { parts.forwarding_loop.run(); });
  keep_priority_of(vrrp_id.get_future().get());
  parts.api_loop.post([&parts] { parts.source.start(); });
  NamedThread api(parts.api_side ? "api" : "plan", [&parts] { parts.api_loop.run(); });
  wait_for_signal();
  parts.hand_over();
  for (auto* loop : {&parts.vrrp_loop, &parts.forwarding_loop, &parts.api_loop}) loop->stop();
  const TimePoint deadline = sys::now() + kEndAtMost;
  bool ended = true;
  for (auto* thread : {&vrrp, &forwarding, &api}) ended = thread->join_until(deadline) && ended;
  if (!ended) leave_a_hanging_thread();
  parts.metrics_listener.reset();
  parts.health_listener.reset();
  sys::log(sys::LogLevel::kInfo, "node.stopped", {{"node", parts.speaker.node.name}});
}

void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  sys::ignore_stray_signals();
  std::signal(SIGCHLD, SIG_DFL);  // ignored, as a parent may hand it on, no child's end could be told
}

}  // namespace fairlead::agent
