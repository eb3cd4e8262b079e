#pragma once

#include <vector>

#include "controller/plan/changes.h"

// The entries of nodes that are no members any more, in the status of a VRRPGroup or a RealServerSet: a node
// writes its own and cannot know when nobody reads it any longer, and one that is gone writes nothing. Nor
// may they gather: a status has room for 64, and a new member that found none left could never report. Pure.
namespace fairlead::controller {

// Takes out of each group, and of each set of a group, the entries of those of whom nothing is awaited: no
// members, as the group is and as it should be, without the label by which a node sees the group (release.h),
// and in no note of a release. That is in the group itself, whose version guards the write to it: nothing
// that a cache shows late counts. Of a set nobody's fate hangs on an entry: what is taken too early the
// Master writes again. Of an object for which `out` has a write already nothing goes: that one moves its
// version, and may be urgent.
void entry_removals(const Inputs& inputs, const Desired& desired, std::vector<Write>& out);

}  // namespace fairlead::controller
