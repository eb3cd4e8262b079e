#include "lib/apiserver/failure.h"

#include <gtest/gtest.h>

namespace fairlead::apiserver {
namespace {

// Codes and texts as cpprestsdk 2.10.18 gives them (libraries.md 1 (b)).
TEST(Failure, IsReadFromCpprestsdksCodeAndText) {
  using Kind = HttpFailure::Kind;
  struct Row {
    unsigned code;
    std::string text;
    Kind kind;
  };
  const std::vector<Row> table{
      {110, "Failed to read HTTP status line", Kind::kTimeout},
      {111, "Failed to connect to any resolved endpoint", Kind::kConnect},
      {1, "Error resolving address", Kind::kConnect},
      {2, "Failed to read HTTP status line", Kind::kClosed},
      {104, "Failed to read response body", Kind::kClosed},
      {32, "Failed to write request body", Kind::kClosed},
      {0x0A000086, "Error in SSL handshake", Kind::kTls},
      {0x0A000412, "Failed to read HTTP status line", Kind::kTls},
      {335544539, "Error in SSL handshake", Kind::kTls},
      {1, "Error in SSL handshake", Kind::kTls},
  };
  for (const auto& row : table)
    EXPECT_EQ(failure_of(row.code, row.text).kind, row.kind) << row.code << row.text;
}

TEST(Failure, AnOpensslCodeIsPutIntoWords) {
  EXPECT_EQ(failure_of(0x0A000086, "Error in SSL handshake").text,
            "Error in SSL handshake: certificate verify failed");
}

}  // namespace
}  // namespace fairlead::apiserver
