#include "lib/apiserver/elector.h"

#include <algorithm>
#include <random>
#include <utility>

#include "lib/apiserver/client_state.h"
#include "lib/base/overloaded.h"
#include "lib/reconcile/lease_answer.h"

namespace fairlead::apiserver {
namespace {

constexpr std::size_t kLargestBody = std::size_t{1024} * 1024;

reconcile::BootTime boot_now() { return reconcile::BootTime(sys::boot_time()); }

}  // namespace

struct Elector::State {
  State(Client& given_client, api::ObjectKey given_lease, reconcile::ElectionConfig given_config,
        OnNews given_on_news)
      : client(given_client.state()),
        lease(std::move(given_lease)),
        config(std::move(given_config)),
        on_news(std::move(given_on_news)),
        timer(client.loop) {}

  void take(reconcile::ElectionEvent event);
  void carry_out(const reconcile::ElectionAction& action);
  void send(const std::string& method, const std::string& body);
  void ended(const std::optional<HttpFailure>& failure);
  std::string folder() const;

  Client::State& client;
  api::ObjectKey lease;
  reconcile::ElectionConfig config;
  OnNews on_news;
  reconcile::ElectionState election;
  std::mt19937_64 random{std::random_device{}()};
  sys::Timer timer;

  // The request that runs.
  std::string method;
  TimePoint started{};
  int status = 0;
  std::string body;
  std::unique_ptr<Exchange> exchange;  // last: its events touch the members above
};

std::string Elector::State::folder() const {
  return "/apis/coordination.k8s.io/v1/namespaces/" + lease.namespace_name + "/leases";
}

void Elector::State::take(reconcile::ElectionEvent event) {
  const double dice = std::uniform_real_distribution<double>(0, 1)(random);
  for (const auto& action :
       reconcile::step(config, election, std::move(event), {boot_now(), sys::wall_now(), dice})) {
    carry_out(action);
  }
  if (!reconcile::awaits_answer(election)) exchange.reset();
  const auto deadline = reconcile::next_deadline(config, election);
  if (!deadline) return timer.cancel();
  // The timer does not count suspend; the machine looks at the clock that does whenever anything happens.
  timer.arm(sys::now() + std::max(*deadline - boot_now(), Microseconds(0)),
            [this] { take(reconcile::ElectionTimePassed{}); });
}

void Elector::State::carry_out(const reconcile::ElectionAction& action) {
  std::visit(
      Overloaded{
          [this](reconcile::ReadLease) { send("GET", ""); },
          [this](const reconcile::CreateLease& a) { send("POST", api::encode_lease(lease, a.record)); },
          [this](const reconcile::UpdateLease& a) {
            send("PUT", api::encode_lease_update(a.there, a.record));
          },
          [this](reconcile::AbandonRequest) {
            client.connection.saw_timeout();
            exchange.reset();
          },
          [&](const reconcile::HolderChanged&) { on_news(action); },
          [&](reconcile::SlowPathTaken) { on_news(action); },
          [&](const reconcile::TryFailed&) { on_news(action); },
          [&](reconcile::LeadTaken) { on_news(action); },
          [&](const reconcile::LeadLost&) { on_news(action); },
          [&](const reconcile::Resigned&) { on_news(action); },
      },
      action);
}

void Elector::State::send(const std::string& with_method, const std::string& with_body) {
  method = with_method;
  started = sys::now();
  status = 0;
  body.clear();
  HttpRequest request;
  request.method = method;
  request.path = method == "POST" ? folder() : folder() + "/" + lease.name;
  if (!with_body.empty()) request.content_type = "application/json";
  request.body = with_body;
  // The exchange dies with this: no event outlives it.
  ExchangeEvents events;
  events.on_head = [this](int code, const HttpHeaders&) { status = code; };
  events.on_data = [this](const std::string& bytes) {
    if (body.size() <= kLargestBody) body += bytes;
  };
  events.on_end = [this](const std::optional<HttpFailure>& failure) { ended(failure); };
  exchange = client.connection.start(Connection::Lane::kLease, std::move(request), std::move(events));
}

void Elector::State::ended(const std::optional<HttpFailure>& failure) {
  const std::string verb = method == "GET" ? "get" : method == "POST" ? "post" : "put";
  client.count(verb, "leases", failure ? "error" : std::to_string(status), sys::now() - started);
  exchange.reset();
  if (failure) return take(reconcile::LeaseFailed{failure->text});
  if (body.size() > kLargestBody) return take(reconcile::LeaseFailed{"the answer is larger than 1 MiB"});
  take(method == "GET" ? reconcile::answer_to_read(status, body) : reconcile::answer_to_write(status, body));
}

Elector::Elector(Client& client, api::ObjectKey lease, reconcile::ElectionConfig config, OnNews on_news)
    : state_(std::make_unique<State>(client, std::move(lease), std::move(config), std::move(on_news))) {
  state_->take(reconcile::ElectionBegun{});
}

Elector::~Elector() = default;

bool Elector::may_write() const { return reconcile::may_write(state_->config, state_->election, boot_now()); }

bool Elector::moves() const { return reconcile::moves(state_->config, state_->election, boot_now()); }

void Elector::resign() { state_->take(reconcile::ResignAsked{}); }

}  // namespace fairlead::apiserver
