#include "lib/api/managed_fields.h"

#include <algorithm>
#include <vector>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"

namespace fairlead::api {
namespace {

constexpr std::size_t kMaxEntries = 10000;
constexpr std::size_t kMaxItems = 100000;  // no object of 1.5 MB has more
constexpr std::size_t kMostOfName = 128;

constexpr std::string_view kField = "f:";
constexpr std::string_view kItemByKeys = "k:";
constexpr std::string_view kItemByValue = "v:";

bool owns(const JsonView& fields, const JsonView& body);

// k:{"node":"node-a"}
bool owns_item(const std::string& keys, const JsonView& fields, const std::vector<JsonView>& items) {
  std::vector<Problem> unread;
  const JsonDocument document(keys, unread);
  const auto wanted = document.root().fields();
  return std::any_of(items.begin(), items.end(), [&](const JsonView& item) {
    const bool is_it = std::all_of(wanted.begin(), wanted.end(), [&](const auto& key) {
      const JsonView there = item.at(key.first);
      return there.present() && there.show() == key.second.show();
    });
    return is_it && owns(fields, item);
  });
}

bool has_item(const std::string& value, const std::vector<JsonView>& items) {
  return std::any_of(items.begin(), items.end(), [&](const JsonView& item) { return item.show() == value; });
}

// `fields` is a tree, its leaves empty: {"f:spec":{"f:pool":{}}}; "." is the map or list itself, which
// whoever puts something into it owns, too.
bool owns(const JsonView& fields, const JsonView& body) {
  const auto children = fields.fields();
  const bool of_list = std::any_of(children.begin(), children.end(), [](const auto& child) {
    return child.first.starts_with(kItemByKeys) || child.first.starts_with(kItemByValue);
  });
  const auto items = of_list ? body.items(kMaxItems) : std::vector<JsonView>();
  return children.empty() || std::any_of(children.begin(), children.end(), [&](const auto& child) {
           const std::string& name = child.first;
           const std::string rest = name.substr(std::min<std::size_t>(name.size(), kField.size()));
           if (name.starts_with(kItemByKeys)) return owns_item(rest, child.second, items);
           if (name.starts_with(kItemByValue)) return has_item(rest, items);
           if (!name.starts_with(kField)) return false;
           const JsonView value = body.at(rest);
           return value.present() && owns(child.second, value);
         });
}

}  // namespace

std::string other_owner(std::string_view list, const FieldsWritten& ours) {
  std::vector<Problem> unread;  // nothing of ours depends on it: who cannot be read is not named
  const JsonDocument document(list, unread);
  const JsonDocument body(ours.body, unread);
  const auto objects = document.root().at("items").items(kMaxItems);
  if (objects.empty()) return "";
  std::string out;
  std::string newest;
  for (const auto& entry : objects.front().at("metadata").at("managedFields").items(kMaxEntries)) {
    std::string manager;
    std::string subresource;
    std::string time;
    entry.at("manager").read(manager);
    entry.at("subresource").read(subresource);
    entry.at("time").read(time);
    const bool other = !manager.empty() && manager != ours.manager && subresource == ours.subresource;
    const JsonView fields = entry.at("fieldsV1");
    if (!other || time < newest || !fields.present() || !owns(fields, body.root())) continue;
    newest = time;
    out = cut_text(manager, kMostOfName);
  }
  return out;
}

}  // namespace fairlead::api
