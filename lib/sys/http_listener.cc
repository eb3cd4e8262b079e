#include "lib/sys/http_listener.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <list>
#include <optional>
#include <thread>
#include <utility>

namespace fairlead::sys {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Failure = boost::system::error_code;
using Routes = std::map<std::string, HttpListener::Route>;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t kConnections = 64;
constexpr std::chrono::seconds kPatience{5};
constexpr std::uint32_t kHeadLimit = 8 * 1024;
constexpr std::chrono::milliseconds kAcceptPause{100};

HttpReply reply_to(const Request& request, const Routes& routes) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    return {405, "text/plain; charset=utf-8", "only GET and HEAD are answered here\n"};
  }
  const auto target = request.target();
  const auto found = routes.find(std::string(target.substr(0, target.find('?'))));
  if (found == routes.end()) return {404, "text/plain; charset=utf-8", "no such page\n"};
  return found->second();
}

Response to_response(HttpReply reply, unsigned version, bool keep_alive) {
  Response response(http::int_to_status(static_cast<unsigned>(reply.status)), version);
  response.set(http::field::content_type, reply.content_type);
  if (reply.status == 405) response.set(http::field::allow, "GET, HEAD");
  response.keep_alive(keep_alive);
  response.body() = std::move(reply.body);
  response.prepare_payload();
  return response;
}

// What a request that could not be read is answered with; nothing when the peer is gone or was too slow.
std::optional<HttpReply> reply_to_bad_request(const Failure& error) {
  if (error.category() != make_error_code(http::error::bad_method).category()) return std::nullopt;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error == http::error::header_limit) {
    return HttpReply{431, "text/plain; charset=utf-8", "the request head is longer than 8 KiB\n"};
  }
  if (error == http::error::unexpected_body || error == http::error::body_limit) {
    return HttpReply{413, "text/plain; charset=utf-8", "no request body is taken here\n"};
  }
  return HttpReply{400, "text/plain; charset=utf-8", "not an HTTP/1.1 request\n"};
}

class Connection;
// The open ones; whose last request is the longest ago comes first.
using Connections = std::list<Connection*>;

// One connection: reads a request, writes the answer, again. Alive as long as one of the two is pending;
// its end gives its place among the 64 back.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Routes& routes, Connections& open)
      : stream_(std::move(socket)), routes_(routes), open_(open), place_(open.insert(open.end(), this)) {}
  ~Connection() { leave(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Ends it whatever it waits for, and frees its place at once.
  void close() {
    leave();
    stream_.close();
  }

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeadLimit);
    stream_.expires_after(kPatience);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const Failure& error, std::size_t) { self->answer(error); });
  }

 private:
  void leave() {
    if (place_ != open_.end()) open_.erase(std::exchange(place_, open_.end()));
  }

  void answer(const Failure& error) {
    if (error) {
      if (auto reply = reply_to_bad_request(error)) write(to_response(std::move(*reply), 11, false), false);
      return;
    }
    if (place_ == open_.end()) return;  // closed meanwhile
    open_.splice(open_.end(), open_, place_);
    const Request& request = parser_->get();
    auto response = to_response(reply_to(request, routes_), request.version(), request.keep_alive());
    write(std::move(response), request.method() == http::verb::head);
  }

  void write(Response response, bool head_only) {
    response_ = std::move(response);
    serializer_.emplace(*response_);
    stream_.expires_after(kPatience);
    auto done = [self = shared_from_this()](const Failure& error, std::size_t) {
      if (!error) self->finish();
    };
    if (head_only) {
      http::async_write_header(stream_, *serializer_, std::move(done));
    } else {
      http::async_write(stream_, *serializer_, std::move(done));
    }
  }

  void finish() {
    if (response_->keep_alive()) return read();
    Failure ignored;  // the peer may have closed first, which is just as good an end
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kHeadLimit * 2};
  const Routes& routes_;
  Connections& open_;
  Connections::iterator place_;  // end(): none any more
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::optional<Response> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
};

Error bind_error(const net::Endpoint& address, const Failure& error) {
  const Code code = error == asio::error::access_denied ? Code::kDenied : Code::kUnavailable;
  return fail(code, "listen on " + to_string(address) + ": " + error.message());
}

tcp::endpoint to_asio(const net::Endpoint& endpoint) {
  const auto bytes = endpoint.address.bytes();
  const auto port = endpoint.port.value();
  if (endpoint.address.is_v4()) {
    asio::ip::address_v4::bytes_type v4{};
    std::copy(bytes.begin(), bytes.end(), v4.begin());
    return {asio::ip::address_v4(v4), port};
  }
  asio::ip::address_v6::bytes_type v6{};
  std::copy(bytes.begin(), bytes.end(), v6.begin());
  return {asio::ip::address_v6(v6), port};
}

}  // namespace

// Everything but start and stop happens on `thread`, which alone knows `open`.
struct HttpListener::State {
  explicit State(std::map<std::string, Route> all)
      : routes(std::move(all)), acceptor(context), pause(context) {}

  Failure listen(const tcp::endpoint& endpoint) {
    Failure error;
    if (acceptor.open(endpoint.protocol(), error)) return error;
    if (acceptor.set_option(tcp::acceptor::reuse_address(true), error)) return error;
    if (acceptor.bind(endpoint, error)) return error;
    return acceptor.listen(asio::socket_base::max_listen_connections, error);
  }

  void accept() {
    acceptor.async_accept([this](const Failure& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      // Whoever holds connections and asks nothing must not keep a probe out.
      if (open.size() >= kConnections) open.front()->close();
      std::make_shared<Connection>(std::move(socket), routes, open)->read();
      accept();
    });
  }

  // Out of descriptors or memory: asking again at once would only burn the processor.
  void accept_later() {
    pause.expires_after(kAcceptPause);
    pause.async_wait([this](const Failure& error) {
      if (!error) accept();
    });
  }

  std::map<std::string, Route> routes;
  Connections open;
  asio::io_context context{1};  // destroyed before what its connections refer to
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  net::Endpoint bound;
  std::thread thread;
};

Result<std::unique_ptr<HttpListener>> HttpListener::start(const net::Endpoint& address,
                                                          std::map<std::string, Route> routes) {
  auto state = std::make_unique<State>(std::move(routes));
  if (const auto error = state->listen(to_asio(address))) return bind_error(address, error);
  Failure error;
  const auto local = state->acceptor.local_endpoint(error);
  if (error) return bind_error(address, error);
  state->bound = {address.address, net::Port(local.port())};
  state->accept();
  state->thread = std::thread([context = &state->context] { context->run(); });
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(state)));
}

HttpListener::HttpListener(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpListener::~HttpListener() {
  state_->context.stop();
  state_->thread.join();
}

net::Endpoint HttpListener::address() const { return state_->bound; }

}  // namespace fairlead::sys
