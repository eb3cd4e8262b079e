#include <gtest/gtest.h>

#include "unit/node/vrrp/machine_builders.h"

// RFC 9568 6.4.1, and what is no state's alone. The other two states: machine_backup_test.cc,
// machine_active_test.cc.
namespace fairlead::vrrp {
namespace {

using std::chrono::seconds;
using namespace testing;

// 6.4.1: "If the Priority associated with the virtual router is not 255: ... set the Active_Down_Timer to
// Active_Down_Interval; transition to the {Backup} state." VR-061.
TEST(Initialize, StartupEntersBackupWithAFullActiveDownInterval) {
  const Step expected{
      Backup{t0, t0 + 3 * kSecond + kSkew, std::nullopt, Reason::kMasterDown}, {}, Reason::kStartup};
  EXPECT_EQ(step(config(), Initialize{}, Startup{}, t0), expected);
}

// 6.4.1: "If the Priority ... is 255: send an ADVERTISEMENT; ... set the Adver_Timer; transition to the
// {Active} state." VR-060.
TEST(Initialize, StartupOfTheOwnerAdvertisesAndEntersActive) {
  const Step expected{
      Active{t0 + kSecond, std::nullopt}, {SendAdvert{kOwner}, HoldAddresses{}}, Reason::kStartup};
  EXPECT_EQ(step(with_priority(255), Initialize{}, Startup{}, t0), expected);
}

// FN-01: as a beat, renewal first; then as one that becomes Active.
TEST(Initialize, ResumingRenewsThenAdvertisesThenHoldsAddresses) {
  EXPECT_EQ(step(config(), Initialize{}, Resume{}, t0),
            (Step{Active{t0 + kSecond, std::nullopt},
                  {RenewAddresses{}, SendAdvert{Priority(100)}, HoldAddresses{}},
                  Reason::kResumed}));
}

// 6.4.1: nothing but Startup (and Resume) leads out of Initialize.
TEST(Initialize, AnythingElseChangesNothing) {
  for (const Event& event :
       {Event{Shutdown{}}, Event{TimePassed{}}, Event{InterfaceLost{}}, Event{FenceExpired{}},
        Event{AddressesRefused{}}, Event{HandOver{}}, Event{FenceFollowed{}},
        Event{AdvertUnsent{Milliseconds(1)}}, Event{Reconfigured{config()}},
        Event{advert(0, 100, "192.0.2.1")}, Event{advert(255, 100, "192.0.2.1")}}) {
    EXPECT_EQ(step(config(), Initialize{}, event, t0), unchanged(Initialize{}));
  }
}

TEST(Shutdown, KeepsTheReasonItCameWith) {
  EXPECT_EQ(
      step(config(), kActive, Shutdown{Reason::kTrackedInterfaceDown}, t0),
      (Step{Initialize{}, {ReleaseAddresses{}, SendAdvert{kRelinquish}}, Reason::kTrackedInterfaceDown}));
  EXPECT_EQ(step(config(), backup_until(t0 + kSecond), Shutdown{Reason::kTrackedInterfaceDown}, t0),
            (Step{Initialize{}, {}, Reason::kTrackedInterfaceDown}));
}

TEST(Deadline, IsTheTimerOfTheState) {
  EXPECT_EQ(next_deadline(Initialize{}), std::nullopt);
  EXPECT_EQ(next_deadline(backup_until(t0)), t0);
  EXPECT_EQ(next_deadline(kActive), t0 + kSecond);
}

}  // namespace
}  // namespace fairlead::vrrp
