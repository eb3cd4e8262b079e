#include "lib/apiserver/connection.h"

#include "lib/sys/log.h"

namespace fairlead::apiserver {
namespace {

constexpr Seconds kShortSilence(30);
constexpr Seconds kWatchSilence(660);  // behind every watch's own deadline, at most 630 s (K-12)
constexpr Seconds kTick(15);
constexpr int kFailuresToMoveOn = 2;  // K-39
constexpr int kUnauthorized = 401;

std::string text_of(const ServerAddress& server) {
  const bool bare_v6 = server.host.find(':') != std::string::npos;
  return (bare_v6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

}  // namespace

// Keeps the transport while one of its exchanges runs, after a change of server too.
class Connection::Held final : public Exchange {
 public:
  Held(Connection& connection, Lane lane, std::function<void(const std::optional<HttpFailure>&)> on_end)
      : connection_(connection), on_end_(std::move(on_end)) {
    if (lane == Lane::kWatch) connection_.watches_.insert(this);
  }
  ~Held() override {
    connection_.watches_.erase(this);
    exchange_.reset();  // before its transport
  }

  void hold(std::shared_ptr<Transport> transport, std::unique_ptr<Exchange> exchange) {
    transport_ = std::move(transport);
    exchange_ = std::move(exchange);
  }
  // Ends it from here. May destroy it.
  void cut(const HttpFailure& failure) {
    exchange_.reset();
    if (const auto on_end = on_end_) on_end(failure);
  }

 private:
  Connection& connection_;
  std::function<void(const std::optional<HttpFailure>&)> on_end_;
  std::shared_ptr<Transport> transport_;
  std::unique_ptr<Exchange> exchange_;
};

Connection::Connection(sys::Loop& loop, sys::Metrics& metrics, ClientConfig config, std::string user_agent)
    : loop_(loop),
      metrics_(metrics),
      config_(std::move(config)),
      user_agent_(std::move(user_agent)),
      token_(config_.token, config_.token_file),
      certificate_in_use_(client_certificate()),
      timer_(loop) {
  tick();
}

std::string Connection::endpoint() const { return text_of(config_.servers[server_]); }

const std::string& Connection::token() { return token_.token(sys::now()); }

std::string Connection::client_certificate() const {
  if (config_.client_certificate_file.empty()) return "";
  const auto text = read_file(config_.client_certificate_file);
  return text ? *text : "";
}

std::shared_ptr<Transport> Connection::transport(Lane lane) {
  auto& held = transports_[static_cast<std::size_t>(lane)];
  if (held) return held;
  const auto& server = config_.servers[server_];
  TransportConfig config;
  config.server = server;
  config.tls = {config_.ca_file,
                config_.ca_data,
                config_.client_certificate_file,
                config_.client_certificate_data,
                config_.client_key_file,
                config_.client_key_data,
                config_.tls_server_name.empty() ? server.host : config_.tls_server_name};
  config.inactivity = lane == Lane::kWatch ? kWatchSilence : kShortSilence;
  held = make_transport(loop_, std::move(config));
  return held;
}

std::unique_ptr<Exchange> Connection::start(Lane lane, HttpRequest request, ExchangeEvents events) {
  request.headers.emplace_back("Accept", "application/json");  // K-41
  request.headers.emplace_back("User-Agent", user_agent_);
  if (const auto& bearer = token(); !bearer.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + bearer);
  }
  ExchangeEvents watched;
  watched.on_head = [this, next = std::move(events.on_head)](int status, const HttpHeaders& headers) {
    saw_answer(status);
    if (next) next(status, headers);
  };
  watched.on_data = std::move(events.on_data);
  watched.on_end = [this, next = events.on_end](const std::optional<HttpFailure>& failure) {
    if (failure) saw_failure(*failure);
    if (next) next(failure);
  };
  auto held = std::make_unique<Held>(*this, lane, std::move(events.on_end));
  auto used = transport(lane);
  auto exchange = used->start(std::move(request), std::move(watched));
  held->hold(std::move(used), std::move(exchange));
  return held;
}

void Connection::saw_answer(int status) {
  failures_ = 0;
  if (status != kUnauthorized) return change(Health::kWell, "");
  token_.distrust();
  const auto why = token_.problem().empty() ? "" : "; " + token_.problem();
  change(Health::kDenied,
         "the server does not accept our token (401)" + why + "; check token and kubeconfig");
}

void Connection::saw_failure(const HttpFailure& failure) {
  using Kind = HttpFailure::Kind;
  ++failures_;
  if (failure.kind == Kind::kTls) {
    change(Health::kDenied, failure.text + "; check the CA, our certificate and the server's name");
  } else if (failure.kind == Kind::kConnect || failures_ >= kFailuresToMoveOn) {
    // A single lost connection is everyday life: a server that restarts, an idle one closed.
    change(Health::kUnreachable, failure.text);
  }
  if (failures_ >= kFailuresToMoveOn) next_server();
}

void Connection::saw_timeout() { saw_failure({HttpFailure::Kind::kTimeout, "no answer in time"}); }

void Connection::change(Health health, const std::string& reason) {
  metrics_
      .gauge("fairlead_api_endpoint_up", "1: the API server answered last time", {{"endpoint", endpoint()}})
      .set(health == Health::kWell ? 1 : 0);
  const auto before = std::exchange(health_, health);
  if (before == health) return;
  switch (health) {
    case Health::kUnknown:
      break;
    case Health::kWell:
      if (before == Health::kUnknown) break;
      sys::log(sys::LogLevel::kInfo, "api.recovered", {{"endpoint", endpoint()}});
      break;
    case Health::kUnreachable:
      sys::log(sys::LogLevel::kWarning, "api.unreachable", {{"endpoint", endpoint()}, {"reason", reason}});
      break;
    case Health::kDenied:
      sys::log(sys::LogLevel::kError, "api.denied", {{"endpoint", endpoint()}, {"reason", reason}});
      break;
  }
}

void Connection::next_server() {
  failures_ = 0;
  if (config_.servers.size() == 1) return;
  server_ = (server_ + 1) % config_.servers.size();
  transports_ = {};
}

// The connections that there are were made with a certificate that is ours no more (K-36). Short exchanges
// may end first.
void Connection::cut_watches() {
  sys::log(sys::LogLevel::kInfo, "api.certificate_changed", {{"endpoint", endpoint()}});
  transports_ = {};
  for (auto* held : std::set<Held*>(watches_)) {
    if (watches_.contains(held)) held->cut({HttpFailure::Kind::kClosed, "our certificate has changed"});
  }
}

// Rotated tokens and certificates (K-35, K-36), without waiting for a request.
void Connection::tick() {
  token();
  if (!config_.token.empty() || !config_.token_file.empty()) {
    metrics_.gauge("fairlead_api_token_age_seconds", "Time since the token last changed", {})
        .set(static_cast<double>(token_.age(sys::now()).count()) / 1e6);
  }
  auto certificate = client_certificate();
  if (!certificate.empty() && certificate != certificate_in_use_) {
    certificate_in_use_ = std::move(certificate);
    cut_watches();
  }
  timer_.arm(sys::now() + kTick, [this] { tick(); });
}

}  // namespace fairlead::apiserver
