#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace fairlead::reconcile {

// What a list says of itself.
struct ListHead {
  std::string kind;              // "VirtualIPList"
  std::string resource_version;  // opaque (K-03)
  std::string continue_token;    // empty: the last page
  friend bool operator==(const ListHead&, const ListHead&) = default;
};

// Cuts the body of a Kubernetes list into the raw JSON of its items while it arrives, so that no list is
// ever held twice (libraries.md 1 (c)). `items` may come before or behind `metadata`; custom resources
// are sent in that order. Any cut of the body into chunks gives the same items.
class ItemSplitter {
 public:
  // Items longer than `item_cap` bytes are dropped and counted (K-16, K-17).
  explicit ItemSplitter(std::size_t item_cap) : item_cap_(item_cap) {}

  // Appends the items that these bytes complete.
  void feed(std::string_view bytes, std::vector<std::string>& items);

  // To be called once, behind the last byte. Errors: kInvalid (cut short, no list, no resourceVersion).
  Result<ListHead> finish() const;

  int dropped() const { return dropped_; }

 private:
  enum class Where { kAround, kBetweenItems, kInItem };

  void around(char c);
  void between_items(char c);
  // Returns the number of bytes used up.
  std::size_t in_item(std::string_view bytes, std::vector<std::string>& items);
  void keep_item(std::string_view bytes);

  std::size_t item_cap_;
  Where where_ = Where::kAround;
  int depth_ = 0;  // of braces and brackets around the current position
  bool in_string_ = false;
  bool escaped_ = false;
  bool expect_key_ = false;  // at depth 1: the next string is a member's name
  std::string key_;          // name of the member at depth 1
  std::string around_;       // all but the items
  std::string item_;
  bool item_too_long_ = false;
  bool malformed_ = false;
  int dropped_ = 0;
};

}  // namespace fairlead::reconcile
