// The one file that sees cpprestsdk. Its rules, each paid for with a crash (libraries.md 1):
//  * the pool has exactly one thread, and all that cpprestsdk does, it does there: requests are started,
//    cancelled and ended on it (cancelling from another thread tears the socket from under a TLS read);
//  * the response's stream buffer never fails a write (a pending one is back-pressure), and its close()
//    schedules nothing: cpprestsdk waits for it on the pool thread. Nothing there blocks.
#define _TURN_OFF_PLATFORM_STRING
#include <cpprest/astreambuf.h>
#include <cpprest/http_client.h>
#include <pplx/threadpool.h>

#include <atomic>
#include <cassert>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "lib/apiserver/failure.h"
#include "lib/apiserver/keepalive.h"
#include "lib/apiserver/outlet.h"
#include "lib/apiserver/transport.h"
#include "lib/net/address.h"

namespace fairlead::apiserver {
namespace {

using boost::asio::ip::tcp;
using ByteTask = pplx::task<std::size_t>;
constexpr std::chrono::milliseconds kLongestGoodbye(500);

boost::asio::io_service& pool() { return crossplat::threadpool::shared_instance().service(); }
std::thread::id pool_thread;
bool on_pool_thread() { return std::this_thread::get_id() == pool_thread; }

// Write-only: one _putn for each HTTP chunk.
class PushBuffer : public concurrency::streams::details::streambuf_state_manager<std::uint8_t> {
 public:
  explicit PushBuffer(std::function<ByteTask(std::string_view)> take)
      : streambuf_state_manager(std::ios_base::out), take_(std::move(take)) {}
  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
  std::size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return nowhere(); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return nowhere(); }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override { return nowhere(); }
  bool acquire(std::uint8_t*&, std::size_t&) override { return false; }
  void release(std::uint8_t*, std::size_t) override {}
  pplx::task<void> close(std::ios_base::openmode) override {
    m_stream_can_write = false;
    return pplx::task_from_result();
  }
  pplx::task<void> close(std::ios_base::openmode mode, std::exception_ptr error) override {
    if (!m_currentException) m_currentException = std::move(error);
    return close(mode);
  }

 protected:
  pplx::task<int_type> _putc(std::uint8_t c) override {
    const auto byte = static_cast<char>(c);
    return take_({&byte, 1}).then([c](std::size_t) { return static_cast<int_type>(c); });
  }
  ByteTask _putn(const std::uint8_t* bytes, std::size_t count) override {
    return take_({reinterpret_cast<const char*>(bytes), count});
  }
  pplx::task<int_type> _bumpc() override { return eof(); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return eof(); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return eof(); }
  pplx::task<int_type> _ungetc() override { return eof(); }
  ByteTask _getn(std::uint8_t*, std::size_t) override { return pplx::task_from_result<std::size_t>(0); }
  std::size_t _scopy(std::uint8_t*, std::size_t) override { return 0; }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  std::uint8_t* _alloc(std::size_t) override { return nullptr; }
  void _commit(std::size_t) override {}

 private:
  static pos_type nowhere() { return pos_type(traits::eof()); }
  static pplx::task<int_type> eof() { return pplx::task_from_result<int_type>(traits::eof()); }
  std::function<ByteTask(std::string_view)> take_;
};

HttpFailure classify(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const web::http::http_exception& e) {
    return failure_of(static_cast<unsigned>(e.error_code().value()), e.what());
  } catch (const std::exception& e) {
    return {HttpFailure::Kind::kProtocol, e.what()};
  }
}

class Flow;
// What the exchanges of one transport share. Pool thread only.
struct Hub {
  bool closing = false;
  TransportConfig config;
  std::unique_ptr<web::http::client::http_client> client;
  std::string tls_problem;  // of the newest connection; empty: none
  int connections = 0;      // ever begun
  std::set<Flow*> flows;
  std::function<void()> on_last_end;
};

// One exchange. Pool thread only.
class Flow : public std::enable_shared_from_this<Flow> {
 public:
  Flow(std::shared_ptr<Hub> hub, std::shared_ptr<Outlet> outlet)
      : hub_(std::move(hub)), outlet_(std::move(outlet)) {}

  void start(const HttpRequest& request);
  void abort();
  std::atomic<bool> given_up = false;  // set from any thread: not worth starting any more

 private:
  void send(const HttpRequest& request);
  ByteTask take(std::string_view bytes);
  void end(std::optional<HttpFailure> failure);

  std::shared_ptr<Hub> hub_;
  std::shared_ptr<Outlet> outlet_;
  pplx::cancellation_token_source cancel_;
  bool aborted_ = false;
};

// K-13. The hook runs before the socket is open, so it is opened here, with the family of the address.
void open_socket(tcp::socket& socket, net::Family family) {
  if (!socket.is_open()) socket.open(family == net::Family::kIPv4 ? tcp::v4() : tcp::v6());
  if (const auto set = set_keepalive(socket.native_handle()); !set)
    throw std::runtime_error(set.error().message);
}

std::unique_ptr<web::http::client::http_client> make_client(const std::shared_ptr<Hub>& hub) {
  const auto& config = hub->config;
  web::http::client::http_client_config options;
  options.set_timeout(config.inactivity);
  options.set_max_redirects(0);  // a redirect would be sent our token
  options.set_tlsext_sni_enabled(!is_literal_address(config.tls.expected_name));
  options.set_ssl_context_callback([weak = std::weak_ptr<Hub>(hub)](boost::asio::ssl::context& context) {
    const auto locked = weak.lock();
    if (!locked) throw std::runtime_error("the transport is gone");
    const auto done = set_up_tls(context.native_handle(), locked->config.tls);
    locked->tls_problem = done ? "" : done.error().message;
    if (!done) throw std::runtime_error(done.error().message);
    ++locked->connections;
  });
  options.set_nativehandle_options(
      [family = config.address.family()](web::http::client::native_handle handle) {
        open_socket(static_cast<boost::asio::ssl::stream<tcp::socket&>*>(handle)->next_layer(), family);
      });
  web::uri_builder uri;  // an IPv6 address without brackets: it goes to getaddrinfo as it is
  uri.set_scheme("https").set_host(net::to_string(config.address)).set_port(config.port);
  return std::make_unique<web::http::client::http_client>(uri.to_uri(), options);
}

void Flow::start(const HttpRequest& request) {
  assert(on_pool_thread());
  hub_->flows.insert(this);
  if (given_up || hub_->closing) return end(std::nullopt);
  try {
    send(request);
  } catch (...) {
    end(classify(std::current_exception()));
  }
}

void Flow::send(const HttpRequest& request) {
  outlet_->when_flooded([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->abort();
  });
  if (!hub_->client) hub_->client = make_client(hub_);
  web::http::http_request out(request.method);
  out.set_request_uri(request.path);
  for (const auto& [name, value] : request.headers) out.headers().add(name, value);
  if (hub_->config.tls.expected_name != net::to_string(hub_->config.address))
    out.headers().add("Host", hub_->config.tls.expected_name);  // the name cpprestsdk's own check takes
  if (!request.content_type.empty()) out.set_body(request.body, request.content_type);
  const auto self = shared_from_this();
  const auto sink = std::make_shared<PushBuffer>([self](std::string_view part) { return self->take(part); });
  out.set_response_stream(concurrency::streams::streambuf<std::uint8_t>(sink).create_ostream());
  const int before = hub_->connections;
  hub_->client->request(out, cancel_.get_token())
      .then([self, before](const web::http::http_response& response) {
        if (self->hub_->connections != before) self->outlet_->connected();
        self->outlet_->head(response.status_code(), {response.headers().begin(), response.headers().end()});
        return response.content_ready();
      })
      .then([self](const pplx::task<web::http::http_response>& whole) {
        try {
          whole.get();  // complete already: does not wait
          self->end(std::nullopt);
        } catch (...) {
          self->end(classify(std::current_exception()));
        }
      });
}

ByteTask Flow::take(std::string_view bytes) {
  assert(on_pool_thread());
  const auto size = bytes.size();
  if (!aborted_) outlet_->data(bytes);
  if (aborted_ || !outlet_->full()) return pplx::task_from_result(size);
  const pplx::task_completion_event<std::size_t> gate;
  outlet_->when_room([gate, size] { gate.set(size); });
  return pplx::create_task(gate);
}

void Flow::abort() {
  assert(on_pool_thread());
  if (hub_->closing) outlet_->cut();
  if (std::exchange(aborted_, true)) return;
  cancel_.cancel();
  outlet_->make_room();
}

void Flow::end(std::optional<HttpFailure> failure) {
  assert(on_pool_thread());
  if (failure && !outlet_->has_head() && !hub_->tls_problem.empty())
    failure = HttpFailure{HttpFailure::Kind::kTls, hub_->tls_problem};
  outlet_->end(std::move(failure));
  hub_->flows.erase(this);
  if (hub_->flows.empty() && hub_->on_last_end) std::exchange(hub_->on_last_end, nullptr)();
}

class CpprestExchange final : public Exchange {
 public:
  CpprestExchange(std::shared_ptr<Flow> flow, std::shared_ptr<Outlet> outlet)
      : flow_(std::move(flow)), outlet_(std::move(outlet)) {}
  ~CpprestExchange() override {
    outlet_->drop();
    flow_->given_up = true;
    pool().post([flow = std::move(flow_)] { flow->abort(); });
  }

 private:
  std::shared_ptr<Flow> flow_;
  std::shared_ptr<Outlet> outlet_;
};

class CpprestTransport final : public Transport {
 public:
  CpprestTransport(sys::Loop& loop, TransportConfig config) : loop_(loop), hub_(std::make_shared<Hub>()) {
    hub_->config = std::move(config);
  }

  ~CpprestTransport() override {
    const auto last_end = std::make_shared<std::promise<void>>();
    std::promise<void> cut_off;
    pool().post([hub = hub_, last_end, &cut_off] {
      close(*hub, [last_end] { last_end->set_value(); });
      cut_off.set_value();
    });
    cut_off.get_future().wait();  // from here on nothing touches the loop
    last_end->get_future().wait_for(kLongestGoodbye);
  }

  std::unique_ptr<Exchange> start(HttpRequest request, ExchangeEvents events) override {
    const auto outlet = std::make_shared<Outlet>(
        loop_, std::move(events), [](std::function<void()> task) { pool().post(std::move(task)); });
    auto flow = std::make_shared<Flow>(hub_, outlet);
    pool().post([flow, request = std::move(request)] { flow->start(request); });
    return std::make_unique<CpprestExchange>(std::move(flow), outlet);
  }

 private:
  static void close(Hub& hub, std::function<void()> on_last_end) {
    hub.closing = true;
    for (auto* flow : std::set<Flow*>(hub.flows)) flow->abort();  // none ends before this returns
    hub.client.reset();
    if (hub.flows.empty()) return on_last_end();
    hub.on_last_end = std::move(on_last_end);
  }

  sys::Loop& loop_;
  std::shared_ptr<Hub> hub_;
};

}  // namespace

std::unique_ptr<Transport> make_transport(sys::Loop& loop, TransportConfig config) {
  return std::make_unique<CpprestTransport>(loop, std::move(config));
}

void start_transport_runtime() {
  static std::once_flag once;
  std::call_once(once, [] {
    start_tls();
    crossplat::threadpool::initialize_with_threads(1);
    std::promise<std::thread::id> id;
    pool().post([&id] { id.set_value(std::this_thread::get_id()); });
    pool_thread = id.get_future().get();
  });
}

}  // namespace fairlead::apiserver
