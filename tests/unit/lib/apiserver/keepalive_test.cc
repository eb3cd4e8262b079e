#include "lib/apiserver/keepalive.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/sys/unique_fd.h"

namespace fairlead::apiserver {
namespace {

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

TEST(KeepaliveK13, IsSetAndReadBackOnAnOpenSocketOfEitherFamily) {
  for (const int family : {AF_INET, AF_INET6}) {
    const sys::UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(fd.valid()) << "no socket of family " << family;
    ASSERT_TRUE(set_keepalive(fd.get()));
    EXPECT_EQ(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE), 15);
    EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPINTVL), 5);
    EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_KEEPCNT), 3);
    EXPECT_EQ(option(fd.get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 30000);
  }
}

TEST(KeepaliveK13, WhatIsNoTcpSocketIsAnErrorThatNamesTheOption) {
  const sys::UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto set = set_keepalive(fd.get());
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code, Code::kUnavailable);
  EXPECT_NE(set.error().message.find("TCP_KEEPIDLE"), std::string::npos) << set.error().message;
}

}  // namespace
}  // namespace fairlead::apiserver
