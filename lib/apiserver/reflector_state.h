#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "lib/apiserver/client_state.h"
#include "lib/apiserver/informer.h"
#include "lib/reconcile/reflector.h"

// Internal to reflector.cc.
namespace fairlead::apiserver {

// Carries out what the machine of lib/reconcile says. A branch on the rules belongs there.
struct Reflector::State : std::enable_shared_from_this<Reflector::State> {
  State(sys::Loop& loop, sys::Metrics& metrics, Client& client, Resource given, ReflectorSink& given_sink);

  void run(reconcile::ReflectorEvent event);
  void carry_out(reconcile::ReflectorAction& action);
  // One request, as the machine asks for it.
  struct Asked {
    enum class What { kList, kWatch, kCheck } what = What::kList;
    bool watch() const { return what == What::kWatch; }
    bool next_page() const { return query.find("&continue=") != std::string::npos; }
    bool initial = false;  // brings the whole state, and has not brought it yet
    std::string query;
    Microseconds first_within{};  // until the head, or the whole state
    Microseconds timeout{};
  };
  void send(const Asked& next);
  void open(const Asked& next);
  void count_asked();
  void count_error(const reconcile::CountError& error);
  void give_up_at(TimePoint when);
  void on_head(int code, const HttpHeaders& headers);
  void on_data(const std::string& bytes);
  void on_lines(const std::string& bytes);
  void on_end(const std::optional<HttpFailure>& failure);
  void on_refused();
  void fail_with(const std::string& cause, const std::string& said);
  void stop_exchange();
  void took_list(std::vector<std::string> objects);
  void tick();

  bool stopped = false;  // the Reflector is gone; its sink may be, too
  Client::State& client;
  Resource resource;
  ReflectorSink& sink;
  const sys::MetricLabels labels{{"kind", resource.plural}};
  const reconcile::ReflectorConfig config{resource.kind, resource.selector};
  reconcile::ReflectorState machine;
  std::mt19937_64 random{std::random_device{}()};

  std::unique_ptr<Exchange> exchange;
  Asked asked;  // what the exchange is
  int status = 0;
  std::size_t received = 0;  // bytes of the state, all pages of a list, events left out
  Seconds retry_after{0};
  std::string flow_schema;
  std::string refusal;  // the body of an answer that is not 200
  reconcile::ItemSplitter items{reconcile::kEventCap};
  reconcile::LineSplitter lines{reconcile::kEventCap};
  std::uint64_t turn = 0;  // numbers the exchanges asked for; an older turn is void
  TimePoint opened{};
  TimePoint relist_started{};
  TimePoint last_event = sys::now();
  bool relisting = false;
  bool synced_told = false;
  bool forbidden_told = false;
  sys::Timer wait;
  sys::Timer deadline;
  sys::Timer ticker;
};

}  // namespace fairlead::apiserver
