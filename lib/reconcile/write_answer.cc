#include "lib/reconcile/write_answer.h"

#include "lib/reconcile/json_scan.h"

namespace fairlead::reconcile {

bool is_written(int status, std::string_view body) {
  return status >= 200 && status < 300 && !string_at(body, {"metadata", "resourceVersion"}).empty();
}

}  // namespace fairlead::reconcile
