#include "controller/plan/kinship.h"

#include <gtest/gtest.h>

#include <random>

#include "controller/plan/belongings.h"
#include "unit/controller/builders.h"

// FC-05: an endpoint that comes costs what its Service costs, not a look at all there is.
namespace fairlead::controller {
namespace {

using namespace testing;
using Keys = std::set<api::ObjectKey>;

// Kept as the objects change.
struct Kept {
  Inputs inputs;
  Kept() { inputs.kinship.emplace(); }

  template <class T>
  void add(ByKey<T>& map, const T& object) {
    put(map, object);
    inputs.kinship->changed(api::key_of(object.meta), find(map, api::key_of(object.meta)));
  }
  template <class T>
  void remove(ByKey<T>& map, const api::ObjectKey& key) {
    map.erase(key);
    inputs.kinship->changed(key, find(map, key));
  }
};

api::EndpointSlice slice(const std::string& name, const std::string& service) {
  api::EndpointSlice out;
  out.meta = meta(name, "shop");
  out.service_name = service;
  return out;
}
api::RealServerSet set(const std::string& name, const std::vector<std::string>& owners) {
  api::RealServerSet out;
  out.meta = meta(name, "shop");
  for (const auto& uid : owners) out.meta.owner_references.push_back({"", "VirtualIP", uid, uid, false});
  return out;
}

TEST(Kinship, ASliceThatBecomesAnotherServicesIsNoLongerTheFirsts) {
  Kept kept;
  kept.add(kept.inputs.endpoint_slices, slice("a", "web"));
  kept.add(kept.inputs.endpoint_slices, slice("b", "web"));
  kept.add(kept.inputs.endpoint_slices, slice("a", "mail"));
  const auto& slices = kept.inputs.kinship->slices();
  EXPECT_EQ(slices.who_name({"shop", "web"}), (Keys{{"shop", "b"}}));
  EXPECT_EQ(slices.who_name({"shop", "mail"}), (Keys{{"shop", "a"}}));
  EXPECT_EQ(slices.of({"shop", "a"}), (Keys{{"shop", "mail"}}));
  kept.remove(kept.inputs.endpoint_slices, {"shop", "a"});
  kept.remove(kept.inputs.endpoint_slices, {"shop", "b"});
  EXPECT_EQ(*kept.inputs.kinship, Kinship{});
}

TEST(Kinship, AVirtualIPNamesTheServiceThatItServes) {
  Kept kept;
  auto object = vip("by-hand", "192.0.2.100");
  kept.add(kept.inputs.virtual_ips, object);
  EXPECT_EQ(*kept.inputs.kinship, Kinship{}) << "it has servers of its own";
  object.spec.service = "web";
  kept.add(kept.inputs.virtual_ips, object);
  EXPECT_EQ(kept.inputs.kinship->virtual_ips().who_name({"shop", "web"}), (Keys{{"shop", "by-hand"}}));
}

const std::vector<std::string> kWords = {"a", "b", "c", "d", "e"};
const std::string& word(std::mt19937& random) { return kWords[random() % kWords.size()]; }

void change(Kept& kept, std::mt19937& random) {
  Inputs& inputs = kept.inputs;
  switch (random() % 6) {
    case 0:
      return kept.remove(inputs.endpoint_slices, {"shop", word(random)});
    case 1:
      return kept.remove(inputs.sets, {"shop", word(random)});
    case 2:
    case 3:
      return kept.add(inputs.endpoint_slices, slice(word(random), word(random)));
    default: {
      std::vector<std::string> owners;
      for (auto count = random() % 3; count > 0; --count) owners.push_back(word(random));
      return kept.add(inputs.sets, set(word(random), owners));
    }
  }
}

TEST(KinshipFC05, WhatBelongsToAFewIsWhatALookAtEverythingFinds) {
  Kept kept;
  std::mt19937 random(7);
  for (int turn = 0; turn < 3000; ++turn) {
    change(kept, random);
    const Keys services{{"shop", word(random)}, {"shop", word(random)}};
    const std::set<std::string> owners{word(random), word(random)};
    Inputs unkept = kept.inputs;
    unkept.kinship.reset();
    const Belongings few(kept.inputs, services, owners);
    const Belongings all(kept.inputs);
    const Belongings looked(unkept, services, owners);
    std::size_t found = 0;
    for (const auto& service : services) {
      ASSERT_EQ(those_of(few.slices, service), those_of(all.slices, service)) << "in turn " << turn;
      ASSERT_EQ(those_of(looked.slices, service).size(), those_of(all.slices, service).size());
      found += few.slices.contains(service) ? 1U : 0U;
    }
    for (const auto& owner : owners) {
      ASSERT_EQ(those_of(few.sets, owner), those_of(all.sets, owner)) << "in turn " << turn;
      ASSERT_EQ(those_of(looked.sets, owner).size(), those_of(all.sets, owner).size());
      found += few.sets.contains(owner) ? 1U : 0U;
    }
    ASSERT_EQ(few.slices.size() + few.sets.size(), found) << "and nothing of others";
  }
}

}  // namespace
}  // namespace fairlead::controller
