#include "node/kernel/ipvs.h"

#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>

#include <algorithm>
#include <cerrno>

#include "node/kernel/ipvs_message.h"
#include "unit/node/kernel/odd_netlink.h"

// The port Ipvs over a kernel that answers oddly (datapath.md 4; case 4 of datapath.md 10).
namespace fairlead::kernel {
namespace {

using testing::acknowledgement;
using testing::Came;
using testing::done;
using testing::Events;
using testing::failure;
using testing::joined;
using testing::OddKernel;
using testing::Sent;

const ipvs::Key kWeb{*net::parse_address("192.0.2.100"), net::Protocol::kTcp, net::Port{80}};
const ipvs::Key kDns{*net::parse_address("192.0.2.100"), net::Protocol::kUdp, net::Port{53}};
const net::Endpoint kReal = *net::parse_endpoint("10.0.0.1:8080");

// What the kernel answers has the shape of what we send.
net::Bytes service_reply(std::uint16_t family, std::uint32_t sequence, const ipvs::Key& key, int flags = 0) {
  GenlBatch batch;
  append_change(batch, family, sequence, ipvs::AddService{key, {}});
  net::Bytes bytes(batch.bytes().begin(), batch.bytes().end());
  bytes[6] = static_cast<std::uint8_t>(flags);
  return bytes;
}

class KernelIpvsTest : public ::testing::Test {
 protected:
  KernelIpvsTest() : port(open_ipvs(kernel.opener())) {
    kernel.answer = [this](const std::vector<Sent>& sent) { return answer(sent); };
  }

  Events answer(const std::vector<Sent>& sent) {
    const nlmsghdr& front = sent.front().header;
    if (front.nlmsg_type == GENL_ID_CTRL) {
      ++look_ups;
      if (!loadable) return {Came{failure(front.nlmsg_seq, ENOENT)}};
      id = loaded;
      return {Came{family_reply(front.nlmsg_seq)}};
    }
    if (front.nlmsg_type == loaded) return says(sent);
    Events none;  // no such family: so the kernel answers each message
    for (const Sent& one : sent) none.push_back(Came{failure(one.header.nlmsg_seq, ENOENT)});
    return none;
  }
  net::Bytes family_reply(std::uint32_t sequence) const {
    GenlBatch batch;
    const std::uint8_t header[4] = {CTRL_CMD_NEWFAMILY, 2, 0, 0};
    batch.begin({GENL_ID_CTRL, 0, sequence}, header);
    batch.put_string(CTRL_ATTR_FAMILY_NAME, "IPVS");
    batch.put_u16(CTRL_ATTR_FAMILY_ID, loaded);
    batch.end();
    return {batch.bytes().begin(), batch.bytes().end()};
  }
  // The module is unloaded and loaded again.
  void reload() { ++loaded; }

  OddKernel kernel;
  std::uint16_t loaded = 30;  // the family's number now
  std::uint16_t id = 0;       // as it was told last
  bool loadable = true;
  int look_ups = 0;
  std::function<Events(const std::vector<Sent>&)> says = [](const std::vector<Sent>& sent) {
    return Events{Came{acknowledgement(sent.back().header.nlmsg_seq)}};
  };
  std::unique_ptr<Ipvs> port;
};

TEST_F(KernelIpvsTest, LooksTheFamilyUpOnce) {
  EXPECT_TRUE(port->apply({ipvs::DeleteService{kWeb}})[0]);
  EXPECT_TRUE(port->apply({ipvs::DeleteService{kWeb}})[0]);
  EXPECT_EQ(look_ups, 1);
}

TEST_F(KernelIpvsTest, WithoutTheModuleEverythingIsNotFound) {
  loadable = false;
  EXPECT_EQ(port->services().error().code, Code::kNotFound);
  EXPECT_EQ(port->service(kWeb).error().code, Code::kNotFound);
  EXPECT_EQ(port->destinations(kWeb).error().code, Code::kNotFound);
  EXPECT_EQ(port->apply({ipvs::DeleteService{kWeb}})[0].error().code, Code::kNotFound);
}

// libraries.md 2: with others writing a dump is interrupted 37 times of 100.
TEST_F(KernelIpvsTest, ADumpThatIsInterruptedIsAskedForAgain) {
  int attempts = 0;
  says = [&](const std::vector<Sent>& sent) {
    const std::uint32_t at = sent.front().header.nlmsg_seq;
    const int flags = ++attempts < 30 ? NLM_F_MULTI | NLM_F_DUMP_INTR : NLM_F_MULTI;
    const ipvs::Key& key = attempts < 30 ? kDns : kWeb;
    return Events{Came{joined({service_reply(loaded, at, key, flags), done(at)})}};
  };
  const auto services = port->services();
  ASSERT_TRUE(services);
  EXPECT_EQ(attempts, 30);
  EXPECT_EQ(services->size(), 1U);  // nothing of the attempts before
  EXPECT_TRUE(services->contains(kWeb));
}

TEST_F(KernelIpvsTest, ADumpThatIsInterruptedThirtyTimesIsGivenUp) {
  int attempts = 0;
  says = [&](const std::vector<Sent>& sent) {
    ++attempts;
    const std::uint32_t at = sent.front().header.nlmsg_seq;
    return Events{Came{joined({service_reply(loaded, at, kWeb, NLM_F_DUMP_INTR), done(at)})}};
  };
  EXPECT_EQ(port->services().error().code, Code::kUnavailable);
  EXPECT_EQ(attempts, 30);
}

TEST_F(KernelIpvsTest, WhenTheAnswerIsLostNobodyKnowsWhatHappenedButToWhatFailed) {
  says = [](const std::vector<Sent>& sent) {
    return Events{Came{failure(sent[1].header.nlmsg_seq, EEXIST)}};
  };
  const auto results = port->apply(
      {ipvs::AddService{kWeb, {}}, ipvs::AddService{kDns, {}}, ipvs::AddDestination{kWeb, kReal, {}}});
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].error().code, Code::kUnavailable);
  EXPECT_EQ(results[1].error().code, Code::kConflict);
  EXPECT_EQ(results[2].error().code, Code::kUnavailable);
}

TEST_F(KernelIpvsTest, DeletingWhatIsGoneSucceeds) {
  for (const int error : {ESRCH, ENOENT}) {
    says = [error](const std::vector<Sent>& sent) {
      return Events{Came{failure(sent[0].header.nlmsg_seq, error)},
                    Came{acknowledgement(sent[1].header.nlmsg_seq)}};
    };
    const auto results = port->apply({ipvs::DeleteDestination{kWeb, kReal}, ipvs::DeleteService{kDns}});
    EXPECT_TRUE(results[0]) << error;
    EXPECT_TRUE(results[1]) << error;
  }
}

TEST_F(KernelIpvsTest, AMissingSchedulerIsNotFound) {
  says = [](const std::vector<Sent>& sent) {
    return Events{Came{failure(sent[0].header.nlmsg_seq, ENOENT)}};
  };
  const auto results = port->apply({ipvs::AddService{kWeb, {}}});
  EXPECT_EQ(results[0].error().code, Code::kNotFound);
}

// The kernel says ENOENT of a family that is no more, too: that is no success, and no missing scheduler.
TEST_F(KernelIpvsTest, AfterTheModuleWasLoadedAnewTheTableIsToBeReadAgain) {
  ASSERT_TRUE(port->apply({ipvs::DeleteService{kWeb}})[0]);
  reload();
  const auto results = port->apply(
      {ipvs::AddService{kWeb, {}}, ipvs::DeleteDestination{kDns, kReal}, ipvs::DeleteService{kDns}});
  for (const auto& result : results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kUnavailable);
  }
  EXPECT_TRUE(port->apply({ipvs::AddService{kWeb, {}}})[0]);  // by its new number
  EXPECT_EQ(id, loaded);
}

TEST_F(KernelIpvsTest, AfterTheModuleWasUnloadedForGoodNoDeletionSucceeds) {
  ASSERT_TRUE(port->apply({ipvs::DeleteService{kWeb}})[0]);
  reload();
  loadable = false;
  EXPECT_EQ(port->apply({ipvs::DeleteService{kWeb}})[0].error().code, Code::kUnavailable);
  EXPECT_EQ(port->services().error().code, Code::kNotFound);
}

TEST_F(KernelIpvsTest, AfterTheModuleWasLoadedAnewADumpIsOfTheNewOne) {
  ASSERT_TRUE(port->apply({ipvs::DeleteService{kWeb}})[0]);
  reload();
  says = [this](const std::vector<Sent>& sent) {
    const std::uint32_t at = sent.front().header.nlmsg_seq;
    return Events{Came{joined({service_reply(loaded, at, kWeb, NLM_F_MULTI), done(at)})}};
  };
  const auto services = port->services();
  ASSERT_TRUE(services);
  EXPECT_TRUE(services->contains(kWeb));
}

// A service that is asked for by an old number is not gone for that.
TEST_F(KernelIpvsTest, AfterTheModuleWasLoadedAnewAServiceIsAskedForAgain) {
  ASSERT_TRUE(port->apply({ipvs::DeleteService{kWeb}})[0]);
  reload();
  says = [this](const std::vector<Sent>& sent) {
    return Events{Came{service_reply(loaded, sent.front().header.nlmsg_seq, kWeb)}};
  };
  const auto service = port->service(kWeb);
  ASSERT_TRUE(service);
  EXPECT_TRUE(service->has_value());
}

TEST_F(KernelIpvsTest, AServiceThatIsNotThereIsNone) {
  says = [](const std::vector<Sent>& sent) { return Events{Came{failure(sent[0].header.nlmsg_seq, ESRCH)}}; };
  const auto service = port->service(kWeb);
  ASSERT_TRUE(service);
  EXPECT_FALSE(service->has_value());
}

}  // namespace
}  // namespace fairlead::kernel
