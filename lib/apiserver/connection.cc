#include "lib/apiserver/connection.h"

#include "lib/apiserver/read_file.h"
#include "lib/base/http_code.h"
#include "lib/sys/log.h"

namespace fairlead::apiserver {
namespace {

constexpr Seconds kShortSilence(30);
constexpr Seconds kWatchSilence(660);  // behind every watch's own deadline, at most 630 s (K-12)
constexpr Seconds kTick(15);
constexpr int kFailuresToMoveOn = 2;  // K-39

std::string text_of(const ServerAddress& server) {
  const bool bare_v6 = server.host.find(':') != std::string::npos;
  return (bare_v6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

}  // namespace

// Keeps the transport while one of its exchanges runs, after a change of server too.
class Connection::Held final : public Exchange {
 public:
  Held(Connection& connection, Lane lane, HttpRequest request, ExchangeEvents events)
      : connection_(connection), lane_(lane), request_(std::move(request)), events_(std::move(events)) {
    if (lane == Lane::kWatch) connection_.watches_.insert(this);
  }
  ~Held() override {
    connection_.watches_.erase(this);
    connection_.waiting_.erase(this);
    exchange_.reset();  // before its transport
  }

  // At once, or as soon as there is an address.
  void begin() {
    if (connection_.addresses_.current()) {
      open();
    } else {
      connection_.waiting_.insert(this);
    }
  }
  // May destroy it.
  void ended(std::optional<HttpFailure> failure) {
    if (failure && !answered_) {
      connection_.no_use(address_);
      const bool another = ++tries_ < connection_.addresses_.count();
      if (another && failure->kind == HttpFailure::Kind::kConnect) return open();
    }
    if (failure && address_ && connection_.lookup_) failure->text += " (" + net::to_string(*address_) + ")";
    if (failure) connection_.saw_failure(*failure);
    if (const auto on_end = events_.on_end) on_end(failure);
  }
  // Ends it from here. May destroy it.
  void cut(const HttpFailure& failure) {
    exchange_.reset();
    if (const auto on_end = events_.on_end) on_end(failure);
  }

 private:
  void open() {
    exchange_.reset();
    address_ = connection_.addresses_.current();
    transport_ = connection_.transport(lane_);
    ExchangeEvents watched;
    watched.on_connected = [this] { fresh_ = true; };
    watched.on_head = [this](int status, const HttpHeaders& headers) {
      answered_ = true;
      connection_.saw_answer(status, fresh_);
      if (const auto on_head = events_.on_head) on_head(status, headers);
    };
    watched.on_data = events_.on_data;
    watched.on_end = [this](const std::optional<HttpFailure>& failure) { ended(failure); };
    exchange_ = transport_->start(request_, std::move(watched));
  }

  Connection& connection_;
  Lane lane_;
  HttpRequest request_;
  ExchangeEvents events_;
  std::optional<net::IpAddress> address_;
  std::size_t tries_ = 0;  // that failed
  bool fresh_ = false;     // its connection, or one made beside it
  bool answered_ = false;
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
      timer_(loop),
      fail_next_(loop) {
  use_server(0);
  tick();
}

std::string Connection::endpoint() const { return text_of(config_.servers[server_]); }

const std::string& Connection::token() {
  const std::string& out = token_.token(sys::now());
  if (token_trouble_ != token_.problem()) {
    token_trouble_ = token_.problem();
    if (!token_trouble_.empty()) {
      sys::log(sys::LogLevel::kWarning, "api.token_unusable", {{"reason", token_trouble_}});
    }
  }
  return out;
}

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
  config.address = *addresses_.current();
  config.port = server.port;
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
  auto held = std::make_unique<Held>(*this, lane, std::move(request), std::move(events));
  held->begin();
  look_up();
  return held;
}

void Connection::saw_answer(int status, bool fresh) {
  health_.answered(fresh, status == http_code::kUnauthorized, sys::now());
  if (!health_.cut_off()) failures_ = 0;  // else an old connection would keep us from the next server
  if (status != http_code::kUnauthorized) return show(trouble_);
  token_.distrust();
  const auto why = token_.problem().empty() ? "" : "; " + token_.problem();
  show("the server does not accept our token (401)" + why + "; check token and kubeconfig");
}

void Connection::saw_failure(const HttpFailure& failure) {
  using Kind = HttpFailure::Kind;
  ++failures_;
  const bool denied = failure.kind == Kind::kTls;
  // A single lost connection is everyday life: a server that restarts, an idle one closed.
  if (denied || failure.kind == Kind::kConnect || failures_ >= kFailuresToMoveOn) {
    health_.failed(denied, sys::now());
    trouble_ = failure.text + (denied ? "; check the CA, our certificate and the server's name" : "");
    show(trouble_);
  }
  if (failures_ >= kFailuresToMoveOn) next_server();
}

void Connection::saw_timeout() {
  no_use(addresses_.current());
  saw_failure({HttpFailure::Kind::kTimeout, "no answer in time"});
}

void Connection::show(const std::string& reason) {
  using Is = reconcile::ServerHealth::Is;
  const auto now = health_.now();
  metrics_.gauge("fairlead_api_endpoint_up", "1: the API server is well", {{"endpoint", endpoint()}})
      .set(now == Is::kWell ? 1 : 0);
  const auto before = std::exchange(shown_, now);
  if (before == now) return;
  switch (now) {
    case Is::kUnknown:
      break;
    case Is::kWell:
      if (before == Is::kUnknown) break;
      sys::log(sys::LogLevel::kInfo, "api.recovered", {{"endpoint", endpoint()}});
      break;
    case Is::kUnreachable:
      sys::log(sys::LogLevel::kWarning, "api.unreachable", {{"endpoint", endpoint()}, {"reason", reason}});
      break;
    case Is::kDenied:
      sys::log(sys::LogLevel::kError, "api.denied", {{"endpoint", endpoint()}, {"reason", reason}});
      break;
  }
}

void Connection::next_server() {
  failures_ = 0;
  if (config_.servers.size() > 1) use_server((server_ + 1) % config_.servers.size());
}

void Connection::use_server(std::size_t index) {
  server_ = index;
  transports_ = {};
  fail_next_.cancel();
  const auto& host = config_.servers[server_].host;
  const auto given = net::parse_address(host);
  addresses_ = reconcile::ServerAddresses(given ? std::optional(*given) : std::nullopt);
  lookup_.reset();
  if (!given) {
    lookup_ = std::make_unique<NameLookup>(loop_, host, [this](const auto& found) { looked_up(found); });
  }
  for (auto* held : std::exchange(waiting_, {})) held->begin();
  if (!waiting_.empty()) look_up();
}

void Connection::look_up() {
  if (lookup_ && addresses_.due(sys::now())) lookup_->ask();
}

void Connection::looked_up(const Result<std::vector<net::IpAddress>>& found) {
  if (!found) {
    addresses_.not_found(sys::now());
    return fail_waiting({HttpFailure::Kind::kConnect, found.error().message});
  }
  const auto before = addresses_.current();
  addresses_.found(*found, sys::now());
  if (before != addresses_.current()) transports_ = {};
  for (auto* held : std::exchange(waiting_, {})) held->begin();
}

// One in each turn of the loop: with the end of one everything here may end.
void Connection::fail_waiting(HttpFailure failure) {
  if (waiting_.empty()) return;
  auto* const held = *waiting_.begin();
  waiting_.erase(held);
  if (!waiting_.empty()) fail_next_.arm(sys::now(), [this, failure] { fail_waiting(failure); });
  held->ended(std::move(failure));
}

void Connection::no_use(const std::optional<net::IpAddress>& address) {
  if (!address) return;
  const auto before = addresses_.current();
  addresses_.failed(*address);
  if (addresses_.current() != before) transports_ = {};
  look_up();
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
