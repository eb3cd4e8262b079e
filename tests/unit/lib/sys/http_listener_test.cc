#include "lib/sys/http_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <vector>

#include "lib/sys/unique_fd.h"

// Real sockets on loopback: the promises under test are about connections, so they cannot be faked.
namespace fairlead::sys {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

net::Endpoint loopback() { return {net::IpAddress::v4({127, 0, 0, 1}), net::Port(0)}; }

std::unique_ptr<HttpListener> started() {
  std::map<std::string, HttpListener::Route> routes;
  routes["/metrics"] = [] { return HttpReply{200, "text/plain; version=0.0.4", "fairlead_x 1\n"}; };
  routes["/readyz"] = [] { return HttpReply{503, "text/plain; charset=utf-8", "waiting\n"}; };
  routes["/large"] = [] { return HttpReply{200, "text/plain", std::string(4'000'000, 'x')}; };
  auto listener = HttpListener::start(loopback(), std::move(routes));
  EXPECT_TRUE(listener) << listener.error().message;
  return std::move(*listener);
}

UniqueFd connected(const HttpListener& listener) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(listener.address().port.value());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  return fd;
}

void say(const UniqueFd& fd, const std::string& text) {
  EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

// What comes until the peer closes, or until `enough` has come, or nothing does for 8 s ("...timed out").
std::string heard(const UniqueFd& fd, const std::string& enough) {
  std::string all;
  char bytes[65536];
  for (;;) {
    if (!enough.empty() && all.ends_with(enough)) return all;
    pollfd waiting{fd.get(), POLLIN, 0};
    if (poll(&waiting, 1, 8000) != 1) return all + "...timed out";
    const auto count = recv(fd.get(), bytes, sizeof bytes, 0);
    if (count <= 0) return all;
    all.append(bytes, static_cast<std::size_t>(count));
  }
}

std::string asked(const HttpListener& listener, const std::string& request) {
  const auto fd = connected(listener);
  say(fd, request);
  return heard(fd, "");
}

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
}

TEST(HttpListener, AnswersARouteWithItsStatusTypeAndBody) {
  const auto listener = started();
  const auto answer = asked(*listener, get("/metrics"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 13\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nfairlead_x 1\n"));
  EXPECT_THAT(asked(*listener, get("/readyz")), StartsWith("HTTP/1.1 503 "));
}

TEST(HttpListener, IgnoresTheQueryOfATarget) {
  EXPECT_THAT(asked(*started(), get("/metrics?debug=1")), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpListener, AnswersAnUnknownPathWith404) {
  EXPECT_THAT(asked(*started(), get("/metrics/")), StartsWith("HTTP/1.1 404 "));
}

TEST(HttpListener, AnswersOtherMethodsWith405AndSaysWhichAreAllowed) {
  const auto answer = asked(*started(), "DELETE /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
}

TEST(HttpListener, AnswersHeadWithTheHeadOfTheGetAlone) {
  const auto answer = asked(*started(), "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 13\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(HttpListener, KeepsAConnectionForTheNextRequest) {
  const auto listener = started();
  const auto fd = connected(*listener);
  for (int i = 0; i < 3; ++i) {
    say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(heard(fd, "fairlead_x 1\n"), StartsWith("HTTP/1.1 200 "));
  }
}

TEST(HttpListener, SendsALargeAnswerWhole) {
  const auto answer = asked(*started(), get("/large"));
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 4'000'000U);
}

TEST(HttpListener, RefusesARequestHeadBeyond8KiB) {
  const std::string head = "GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: ";
  EXPECT_THAT(asked(*started(), head + std::string(7000, 'a') + "\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(asked(*started(), head + std::string(9000, 'a')), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpListener, RefusesWhatIsNotHttpAndRequestBodies) {
  const auto listener = started();
  EXPECT_THAT(asked(*listener, "\x16\x03\x01 hello TLS\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(asked(*listener, "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
              StartsWith("HTTP/1.1 413 "));
}

// reference libraries.md 4: two mute clients stopped prometheus-cpp's own exposer for more than 18 s.
TEST(HttpListener, AnswersWhileSixtyMuteClientsHoldConnections) {
  const auto listener = started();
  std::vector<UniqueFd> mute;
  for (int i = 0; i < 60; ++i) mute.push_back(connected(*listener));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(asked(*listener, get("/metrics")), StartsWith("HTTP/1.1 200 "));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(1000));
}

// FN-32: mute clients must not make a probe fail, which would restart the daemon.
TEST(HttpListener, TheSixtyFifthConnectionTakesThePlaceOfTheOneThatAskedNothingForTheLongest) {
  const auto listener = started();
  const auto asking = connected(*listener);
  std::vector<UniqueFd> mute;
  for (int i = 0; i < 63; ++i) mute.push_back(connected(*listener));
  say(mute.back(), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");  // answered: all before it are taken in
  EXPECT_THAT(heard(mute.back(), "fairlead_x 1\n"), StartsWith("HTTP/1.1 200 "));
  say(asking, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(heard(asking, "fairlead_x 1\n"), StartsWith("HTTP/1.1 200 "));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(asked(*listener, get("/metrics")), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(heard(mute.front(), ""), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(1000));
  say(asking, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(heard(asking, "fairlead_x 1\n"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpListener, AnswersUnderAFloodOfMuteConnections) {
  const auto listener = started();
  std::vector<UniqueFd> mute;
  for (int i = 0; i < 300; ++i) mute.push_back(connected(*listener));
  EXPECT_THAT(asked(*listener, get("/metrics")), StartsWith("HTTP/1.1 200 "));
}

// A head that comes drop by drop has 5 s in all, not 5 s for every drop.
TEST(HttpListener, ClosesAConnectionWhoseRequestIsNotThereAfterFiveSeconds) {
  const auto listener = started();
  const auto mute = connected(*listener);
  const auto slow = connected(*listener);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) {
    say(slow, i == 0 ? "GET /metrics HTTP/1.1\r\n" : "X: y\r\n");
    pollfd none{-1, 0, 0};
    poll(&none, 1, 1000);
  }
  EXPECT_EQ(heard(slow, ""), "");
  EXPECT_EQ(heard(mute, ""), "");
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, milliseconds(4900));
  EXPECT_LT(took, milliseconds(6500));
}

TEST(HttpListener, SaysSoWhenTheAddressIsTaken) {
  const auto first = started();
  const auto second = HttpListener::start(first->address(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_THAT(second.error().message, StartsWith("listen on " + to_string(first->address()) + ": "));
}

TEST(HttpListener, StopsAtOnceWhateverItsClientsDo) {
  auto listener = started();
  const auto mute = connected(*listener);
  const auto busy = connected(*listener);
  say(busy, get("/large"));
  const auto begun = std::chrono::steady_clock::now();
  listener.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(1000));
}

TEST(HttpListener, ListensOnIPv6Too) {
  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  const auto listener = HttpListener::start({net::IpAddress::v6(one), net::Port(0)}, {});
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_NE((*listener)->address().port, net::Port(0));
}

}  // namespace
}  // namespace fairlead::sys
