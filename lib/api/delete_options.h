#pragma once

#include <string>

// metav1.DeleteOptions, as far as Fairlead writes it.
namespace fairlead::api {

// Body of a DELETE that the server refuses with 409 unless the object still has this UID and resourceVersion
// (FC-03). Either may be empty: then it is not compared.
std::string encode_delete_options(const std::string& uid, const std::string& resource_version);

}  // namespace fairlead::api
