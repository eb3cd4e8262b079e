#pragma once

#include <string>
#include <string_view>

// An apply says what the controller wants, and leaves what others have set beside it: a field of the spec
// that it never had, a label (kubernetes.md 2). Then the object is not as it is to be, and the apply, sent
// again, would change nothing. These are the JSON patches (RFC 6902) that put it back. `applied`: the body of
// the apply. `answered`: the object as the API server has it, whose version guards the patch. Empty if there
// is nothing to put back, or one of the two cannot be read.
namespace fairlead::api {

// The spec becomes what was applied, where it has more than that. Defaults of the schema come back by
// themselves.
std::string spec_replacement(std::string_view applied, std::string_view answered);
// Labels of nodes (kNodeLabelPrefix) that were not applied go.
std::string node_label_removal(std::string_view applied, std::string_view answered);

}  // namespace fairlead::api
