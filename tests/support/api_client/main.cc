// Drives lib/apiserver from a script. Commands come in on standard input, one a line; what happened goes
// out on standard output, one a line:
//   watch BASE PLURAL KIND [SELECTOR]  ->  REPLACE PLURAL COUNT | UPSERT KEY RV | REMOVE KEY RV, as they come
//   limit MEBIBYTES                    ->  the largest state of what is watched from then on (512 without)
//   send METHOD PATH [BODY]            ->  ANSWER METHOD PATH STATUS BODY  or  FAILED METHOD PATH CODE
//   apply PATH BODY                    ->  the same with METHOD "apply"
//   gate shut | gate open              ->  GATE: whether writes may leave (as a leader's, from "elect" on)
//   elect NAMESPACE NAME ME LEASE RENEW RETRY  ->  ELECTION WHAT DETAIL, as it comes; times in seconds
//   may_write                          ->  MAY WRITE 0 | 1
//   resign                             ->  ELECTION Resigned ...
//   metrics                            ->  METRIC LINE for each, then METRICS END
//   storm COUNT PATH PAUSE             ->  STORM started=.. dropped=.. ended=.., cancelled at random moments
//   forget                             ->  FORGOTTEN: no watch runs any more
//   quit
// Usage: api_client KUBECONFIG SERVERS PER_SECOND BURST   (SERVERS may be "")
#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>

#include "lib/apiserver/client_state.h"
#include "lib/apiserver/elector.h"
#include "lib/apiserver/informer.h"
#include "lib/base/overloaded.h"
#include "lib/reconcile/json_scan.h"
#include "lib/sys/log.h"

namespace {

using namespace fairlead;  // a program of one file

void say(const std::string& line) {
  std::cout << line << std::endl;  // flushed: the script waits for it
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

class Teller final : public apiserver::ReflectorSink {
 public:
  explicit Teller(std::string plural) : plural_(std::move(plural)) {}
  void replace(std::vector<std::string> objects) override {
    for (const auto& object : objects) tell("HAS", object);
    say("REPLACE " + plural_ + " " + std::to_string(objects.size()));
  }
  void upsert(std::string object) override { tell("UPSERT", object); }
  void remove(std::string object) override { tell("REMOVE", object); }
  void other_history(TimePoint) override { say("OTHER-HISTORY " + plural_); }

 private:
  static void tell(const std::string& what, const std::string& object) {
    say(what + " " + reconcile::string_at(object, {"metadata", "namespace"}) + "/" +
        reconcile::string_at(object, {"metadata", "name"}) + " " +
        reconcile::string_at(object, {"metadata", "resourceVersion"}));
  }
  std::string plural_;
};

struct Watch {
  std::unique_ptr<Teller> teller;
  std::unique_ptr<apiserver::Reflector> reflector;
};

// Starts exchanges, destroys each after a random short time, and counts.
class Storm {
 public:
  Storm(sys::Loop& loop, apiserver::Connection& connection, int count, std::string path, unsigned pause)
      : connection_(connection), left_(count), path_(std::move(path)), pause_(pause), timer_(loop) {
    go();
  }

 private:
  static constexpr std::size_t kAtOnce = 16;

  void go() {
    auto& slot = slots_[random_() % kAtOnce];
    if (slot) {
      slot.reset();
      ++dropped_;
    }
    if (left_ == 0) {
      for (auto& each : slots_) each.reset();
      say("STORM started=" + std::to_string(started_) + " dropped=" + std::to_string(dropped_) +
          " ended=" + std::to_string(ended_) + " bytes=" + std::to_string(bytes_));
      return;
    }
    --left_;
    ++started_;
    apiserver::HttpRequest request;
    request.path = path_;
    apiserver::ExchangeEvents events;
    events.on_data = [this](const std::string& bytes) { bytes_ += bytes.size(); };
    events.on_end = [this](const std::optional<apiserver::HttpFailure>&) { ++ended_; };
    slot = connection_.start(apiserver::Connection::Lane::kShort, std::move(request), std::move(events));
    timer_.arm(sys::now() + Microseconds(static_cast<std::int64_t>(random_() % pause_)), [this] { go(); });
  }

  apiserver::Connection& connection_;
  int left_;
  std::string path_;
  unsigned pause_;  // the longest between two, in microseconds
  std::mt19937 random_{1};
  std::array<std::unique_ptr<apiserver::Exchange>, kAtOnce> slots_;
  int started_ = 0;
  int dropped_ = 0;
  int ended_ = 0;
  std::size_t bytes_ = 0;
  sys::Timer timer_;
};

std::string text_of(const reconcile::ElectionAction& news) {
  return std::visit(Overloaded{
                        [](const reconcile::HolderChanged& e) { return "HolderChanged " + e.holder; },
                        [](reconcile::SlowPathTaken) { return std::string("SlowPathTaken"); },
                        [](const reconcile::TryFailed& e) { return "TryFailed " + e.why; },
                        [](reconcile::LeadTaken) { return std::string("LeadTaken"); },
                        [](const reconcile::LeadLost& e) { return "LeadLost " + e.why; },
                        [](const reconcile::Resigned& e) { return "Resigned " + e.kept; },
                        [](const auto&) { return std::string("a request, which is no news"); },
                    },
                    news);
}

class Driver {
 public:
  Driver(sys::Loop& loop, const apiserver::ClientConfig& config, apiserver::RateLimit limit)
      : loop_(loop),
        client_(loop, metrics_, config, limit, "fairlead-test"),
        input_(loop, 0, [this] { read(); }) {}

 private:
  void read() {
    std::array<char, 65536> buffer{};
    const auto count = ::read(0, buffer.data(), buffer.size());
    if (count <= 0) return loop_.stop();
    pending_.append(buffer.data(), static_cast<std::size_t>(count));
    for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
      const auto line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      run(line);
    }
  }

  void run(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "watch") {
      apiserver::Resource resource;
      words >> resource.base >> resource.plural >> resource.kind >> resource.selector;
      resource.largest_state = largest_state_.value_or(resource.largest_state);
      Watch watch;
      watch.teller = std::make_unique<Teller>(resource.plural);
      watch.reflector =
          std::make_unique<apiserver::Reflector>(loop_, metrics_, client_, resource, *watch.teller);
      watches_.push_back(std::move(watch));
    } else if (command == "limit") {
      std::size_t mebibytes = 0;
      words >> mebibytes;
      largest_state_ = mebibytes * 1024 * 1024;
    } else if (command == "send") {
      apiserver::ApiRequest request;
      words >> request.method >> request.path >> std::ws;
      std::getline(words, request.body);
      if (!request.body.empty()) request.content_type = "application/json";
      request.kind = "test";
      const auto what = request.method + " " + request.path;
      client_.send(std::move(request), [what](const auto& result) { tell(what, result); });
    } else if (command == "apply") {
      std::string path;
      std::string body;
      words >> path >> std::ws;
      std::getline(words, body);
      client_.apply(path, "test", "fairlead-test", true, body,
                    [path](const auto& result) { tell("apply " + path, result); });
    } else if (command == "gate") {
      std::string how;
      words >> how;
      client_.set_write_gate([open = how == "open"] { return open; });
      say("GATE");
    } else if (command == "elect") {
      elect(words);
    } else if (command == "may_write") {
      say("MAY WRITE " + std::to_string(static_cast<int>(elector_ && elector_->may_write())));
    } else if (command == "resign") {
      elector_->resign();
    } else if (command == "metrics") {
      std::istringstream lines(metrics_.render());
      for (std::string each; std::getline(lines, each);) {
        if (!each.empty() && each.front() != '#') say("METRIC " + each);
      }
      say("METRICS END");
    } else if (command == "storm") {
      int count = 0;
      std::string path;
      unsigned pause = 0;
      words >> count >> path >> pause;
      storm_ = std::make_unique<Storm>(loop_, client_.state().connection, count, path, std::max(pause, 1U));
    } else if (command == "forget") {
      watches_.clear();
      say("FORGOTTEN");
    } else if (command == "quit") {
      loop_.stop();
    } else {
      say("UNKNOWN " + line);
    }
  }

  void elect(std::istringstream& words) {
    api::ObjectKey lease;
    reconcile::ElectionConfig config;
    int duration = 0;
    int renew = 0;
    int retry = 0;
    words >> lease.namespace_name >> lease.name >> config.identity >> duration >> renew >> retry;
    config.lease_duration = Seconds(duration);
    config.renew_deadline = Seconds(renew);
    config.retry_period = Seconds(retry);
    elector_ = std::make_unique<apiserver::Elector>(
        client_, lease, config, [](const auto& news) { say("ELECTION " + one_line(text_of(news))); });
    client_.set_write_gate([this] { return elector_->may_write(); });
  }

  static void tell(const std::string& what, const Result<apiserver::ApiResponse>& result) {
    if (!result) {
      return say("FAILED " + what + " " + std::to_string(static_cast<int>(result.error().code)) + " " +
                 one_line(result.error().message));
    }
    say("ANSWER " + what + " " + std::to_string(result->status) + " " + one_line(result->body));
  }

  sys::Loop& loop_;
  sys::Metrics metrics_;
  apiserver::Client client_;
  std::vector<Watch> watches_;
  std::optional<std::size_t> largest_state_;
  std::unique_ptr<Storm> storm_;
  std::unique_ptr<apiserver::Elector> elector_;
  std::string pending_;
  sys::ReadWatch input_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: api_client KUBECONFIG SERVERS PER_SECOND BURST\n";
    return 2;
  }
  sys::start_log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  apiserver::start_transport_runtime();
  const auto config = apiserver::find_config(argv[1], argv[2]);
  if (!config) {
    std::cerr << config.error().message << "\n";
    return 2;
  }
  {
    sys::Loop loop;
    Driver driver(loop, *config, {std::stod(argv[3]), std::stoi(argv[4])});
    say("READY");
    loop.run();
  }
  sys::stop_log();
  say("BYE");
  return 0;
}
