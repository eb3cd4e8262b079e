#include "node/ipvs/table.h"

namespace fairlead::ipvs {

bool fits(const Destination& actual, const Destination& wanted) {
  Destination seen = actual;
  if (seen.method == Method::kLocal) seen.method = wanted.method;
  return seen == wanted;
}

}  // namespace fairlead::ipvs
