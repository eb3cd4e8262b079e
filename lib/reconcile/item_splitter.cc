#include "lib/reconcile/item_splitter.h"

#include "lib/reconcile/json_scan.h"

namespace fairlead::reconcile {
namespace {

// A list's own members are a few hundred bytes; anything near this is no list.
constexpr std::size_t kAroundCap = 256 * 1024;

}  // namespace

void ItemSplitter::feed(std::string_view bytes, std::vector<std::string>& items) {
  while (!bytes.empty() && !malformed_) {
    std::size_t used = 1;
    switch (where_) {
      case Where::kAround:
        around(bytes.front());
        break;
      case Where::kBetweenItems:
        between_items(bytes.front());
        break;
      case Where::kInItem:
        used = in_item(bytes, items);
        break;
    }
    bytes.remove_prefix(used);
  }
}

void ItemSplitter::around(char c) {
  around_.push_back(c);
  if (around_.size() > kAroundCap) malformed_ = true;
  if (in_string_) {
    const bool ends = c == '"' && !escaped_;
    escaped_ = c == '\\' && !escaped_;
    if (ends) in_string_ = false;
    if (!ends && depth_ == 1 && expect_key_) key_.push_back(c);
    return;
  }
  switch (c) {
    case '"':
      in_string_ = true;
      if (depth_ == 1 && expect_key_) key_.clear();
      break;
    case '{':
    case '[':
      if (depth_ == 1 && c == '[' && key_ == "items" && !expect_key_) where_ = Where::kBetweenItems;
      ++depth_;
      expect_key_ = c == '{' && depth_ == 1;
      break;
    case '}':
    case ']':
      if (--depth_ < 0) malformed_ = true;
      break;
    case ':':
      if (depth_ == 1) expect_key_ = false;
      break;
    case ',':
      if (depth_ == 1) expect_key_ = true;
      break;
    default:
      break;
  }
}

void ItemSplitter::between_items(char c) {
  if (c == '{') {
    where_ = Where::kInItem;
    ++depth_;
    keep_item("{");
  } else if (c == ']') {
    where_ = Where::kAround;
    --depth_;
    around_.push_back(c);
  } else if (std::string_view(", \t\r\n").find(c) == std::string_view::npos) {
    malformed_ = true;
  }
}

std::size_t ItemSplitter::in_item(std::string_view bytes, std::vector<std::string>& items) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (in_string_) {
      const bool ends = c == '"' && !escaped_;
      escaped_ = c == '\\' && !escaped_;
      if (ends) in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 2) {
      keep_item(bytes.substr(0, at + 1));
      if (item_too_long_) {
        ++dropped_;
      } else {
        items.push_back(std::move(item_));
      }
      item_.clear();
      item_too_long_ = false;
      where_ = Where::kBetweenItems;
      return at + 1;
    }
  }
  keep_item(bytes);
  return bytes.size();
}

void ItemSplitter::keep_item(std::string_view bytes) {
  if (item_.size() + bytes.size() > item_cap_) {
    item_too_long_ = true;
    item_.clear();
  }
  if (!item_too_long_) item_.append(bytes);
}

Result<ListHead> ItemSplitter::finish() const {
  if (malformed_) return fail(Code::kInvalid, "the answer is no Kubernetes list");
  if (where_ != Where::kAround || depth_ != 0 || in_string_ || around_.empty()) {
    return fail(Code::kInvalid, "the list ends in its middle");
  }
  // What shows no items is not taken for a list of none: with it everything would go.
  const auto list = member(around_, "items");
  if (!list) return fail(Code::kInvalid, "the list has no items");
  if (list && list->front() != '[' && *list != "null") {
    return fail(Code::kInvalid, "the items of the list are no list");
  }
  ListHead head{string_at(around_, {"kind"}), string_at(around_, {"metadata", "resourceVersion"}),
                string_at(around_, {"metadata", "continue"})};
  if (head.resource_version.empty()) return fail(Code::kInvalid, "the list has no metadata.resourceVersion");
  return head;
}

}  // namespace fairlead::reconcile
