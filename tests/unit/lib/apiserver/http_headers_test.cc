#include "lib/apiserver/http_headers.h"

#include <gtest/gtest.h>

namespace fairlead::apiserver {
namespace {

TEST(HttpHeaders, AreFoundInWhateverCaseAndTheFirstCounts) {
  const HttpHeaders headers{{"content-type", "a"}, {"X-Y", ""}, {"Content-Type", "b"}};
  EXPECT_EQ(header_of(headers, "Content-Type"), "a");
  EXPECT_EQ(header_of(headers, "x-y"), "");
  EXPECT_EQ(header_of(headers, "Content-Typ"), "");
}

TEST(RetryAfterK33, IsANumberOfSecondsUpToAMinute) {
  const auto seconds = [](const std::string& value) {
    return retry_after_of({{"retry-after", value}}).count();
  };
  EXPECT_EQ(seconds("1"), 1);
  EXPECT_EQ(seconds("60"), 60);
  EXPECT_EQ(seconds("3600"), 60);
  EXPECT_EQ(seconds("86400"), 60);
  for (const auto* none :
       {"", "-7", "1.5", "soon", "99999999999999999999", "Fri, 31 Dec 2049 23:59:59 GMT"}) {
    EXPECT_EQ(seconds(none), 0) << none;
  }
  EXPECT_EQ(retry_after_of({}), Seconds(0));
}

}  // namespace
}  // namespace fairlead::apiserver
