#pragma once

#include <string>
#include <string_view>

// Who wrote what of an object, by its metadata.managedFields (FieldsV1). Pure.
namespace fairlead::api {

// What a write was to change.
struct FieldsWritten {
  std::string_view body;         // JSON of an apply or a merge patch
  std::string_view subresource;  // "status", or empty: the object itself
  std::string_view manager;      // who wrote it
};

// The field manager, another than the one of `ours`, that owns a field of ours in the first object of `list`,
// as the API server has it; of several the one that wrote last. At most 128 bytes, as the API server
// allows. Empty: none, as when somebody took a field away or wrote in the manager's own name, or there is
// no object, or none that can be read.
std::string other_owner(std::string_view list, const FieldsWritten& ours);

}  // namespace fairlead::api
