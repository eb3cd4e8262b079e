#include "lib/reconcile/item_splitter.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace fairlead::reconcile {
namespace {

using Items = std::vector<std::string>;

struct Split {
  Items items;
  Result<ListHead> head;
  int dropped;
};

// Feeds `body` cut at `cuts` (positions in any order, taken modulo the length).
Split split_at(const std::string& body, std::vector<std::size_t> cuts, std::size_t cap) {
  for (auto& cut : cuts) cut %= body.size() + 1;
  cuts.push_back(body.size());
  std::sort(cuts.begin(), cuts.end());
  ItemSplitter splitter(cap);
  Items items;
  std::size_t from = 0;
  for (const auto cut : cuts) {
    splitter.feed(std::string_view(body).substr(from, cut - from), items);
    from = cut;
  }
  return {items, splitter.finish(), splitter.dropped()};
}

Split whole(const std::string& body) { return split_at(body, {}, 1000); }

// Core kinds: kind first.
const std::string kCore =
    R"({"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"17","continue":"next=="},)"
    R"("items":[{"metadata":{"name":"a"},"x":[{},[]]},{"metadata":{"name":"}]\"{"}}]})"
    "\n";
// Custom resources: keys sorted, metadata behind the items.
const std::string kCustom =
    R"({"apiVersion":"fairlead.dev/v1alpha1","items":[{"a":1},{"items":[{"b":2}]}],"kind":"VirtualIPList",)"
    R"("metadata":{"continue":"","resourceVersion":"42"}})";

TEST(ItemSplitter, CutsAListOfACoreKind) {
  const auto split = whole(kCore);
  EXPECT_EQ(split.items,
            (Items{R"({"metadata":{"name":"a"},"x":[{},[]]})", R"({"metadata":{"name":"}]\"{"}})"}));
  ASSERT_TRUE(split.head);
  EXPECT_EQ(*split.head, (ListHead{"ServiceList", "17", "next=="}));
}

TEST(ItemSplitter, TakesMetadataBehindTheItems) {
  const auto split = whole(kCustom);
  EXPECT_EQ(split.items, (Items{R"({"a":1})", R"({"items":[{"b":2}]})"}));
  ASSERT_TRUE(split.head);
  EXPECT_EQ(*split.head, (ListHead{"VirtualIPList", "42", ""}));
}

TEST(ItemSplitter, AnEmptyListHasNoItems) {
  for (const std::string items : {"[]", "[ \n ]", "null"}) {
    const auto split = whole(R"({"kind":"L","metadata":{"resourceVersion":"1"},"items":)" + items + "}");
    EXPECT_TRUE(split.head) << items;
    EXPECT_TRUE(split.items.empty()) << items;
  }
}

TEST(ItemSplitter, AnArrayCalledItemsDeeperDownIsNotTheList) {
  const auto split = whole(R"({"metadata":{"items":[{"no":1}],"resourceVersion":"1"},"items":[{"yes":1}]})");
  EXPECT_EQ(split.items, (Items{R"({"yes":1})"}));
}

// K-16, K-17: one giant must not stop the others.
TEST(ItemSplitter, DropsAndCountsAnItemAboveTheCap) {
  const std::string giant(2000, 'x');
  const auto split =
      whole(R"({"metadata":{"resourceVersion":"1"},"items":[{"a":1},{"big":")" + giant + R"("},{"c":3}]})");
  EXPECT_EQ(split.items, (Items{R"({"a":1})", R"({"c":3})"}));
  EXPECT_EQ(split.dropped, 1);
  EXPECT_TRUE(split.head);
}

TEST(ItemSplitter, RefusesABodyThatIsNoWholeList) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "the list ends in its middle"},
      {kCore.substr(0, kCore.size() - 3), "the list ends in its middle"},
      {kCore.substr(0, kCore.size() / 2), "the list ends in its middle"},
      {R"({"items":[{"a":1})", "the list ends in its middle"},
      {R"({"items":[7],"metadata":{"resourceVersion":"1"}})", "the answer is no Kubernetes list"},
      {R"(}{)", "the answer is no Kubernetes list"},
      {R"({"items":[]})", "the list has no metadata.resourceVersion"},
      {R"({"kind":"L","metadata":{"resourceVersion":"1"}})", "the list has no items"},
      {R"({"metadata":{"resourceVersion":"1"},"items":{}})", "the items of the list are no list"},
      {R"({"metadata":{"resourceVersion":"1"},"items":"x"})", "the items of the list are no list"},
      {R"({"metadata":{"resourceVersion":"1"},"items":5})", "the items of the list are no list"},
      {R"(<html>busy</html>)", "the list has no items"},
  };
  for (const auto& [body, message] : table) {
    const auto split = whole(body);
    ASSERT_FALSE(split.head) << body;
    EXPECT_EQ(split.head.error(), fail(Code::kInvalid, message)) << body;
  }
}

// K-16: cut anywhere, inside escapes and UTF-8 too.
RC_GTEST_PROP(ItemSplitter, AnyCutOfTheBodyGivesTheSameItems,
              (std::vector<std::uint16_t> cuts, bool custom)) {
  const std::string body =
      custom
          ? kCustom
          : R"({"kind":"L","items":[{"ü€😀":"\u00fc\\\""},{"a":[1,2,{"b":"]}"}]}],"metadata":{"resourceVersion":"9"}})";
  const auto expected = split_at(body, {}, 1000);
  const auto got = split_at(body, {cuts.begin(), cuts.end()}, 1000);
  RC_ASSERT(expected.items.size() == 2U);
  RC_ASSERT(got.items == expected.items);
  RC_ASSERT(got.head.has_value() && *got.head == *expected.head);
}

RC_GTEST_PROP(ItemSplitter, AnyBytesAreSafeAndTheirCutsDoNotMatter,
              (const std::string& bytes, const std::vector<std::uint16_t>& cuts)) {
  const auto body = R"({"items":[)" + bytes;
  const auto expected = split_at(body, {}, 20);
  const auto got = split_at(body, {cuts.begin(), cuts.end()}, 20);
  RC_ASSERT(got.items == expected.items);
  RC_ASSERT(got.dropped == expected.dropped);
  RC_ASSERT(got.head.has_value() == expected.head.has_value());
}

}  // namespace
}  // namespace fairlead::reconcile
