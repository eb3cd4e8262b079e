#pragma once

#include <string>

#include "controller/plan/changes.h"
#include "lib/apiserver/informer.h"

// Where objects live in the API.
namespace fairlead::controller {

// "virtualips": also the `kind` label of metrics.
std::string plural_of(Target target);

// "/apis/fairlead.dev/v1alpha1/namespaces/shop/virtualips/web", with "/status" for a status; of a create
// without the name.
std::string path_of(const Write& write);
std::string path_of(Target target, const api::ObjectKey& key);

// How a write is sent that is no apply.
const char* method_of(Verb verb);
const char* content_type_of(Verb verb);

// The list of the one object of that name, or of none: who may list and not get may ask so.
std::string path_to_find(Target target, const api::ObjectKey& key);

// What an informer lists and watches.
apiserver::Resource resource_of(Target target);
apiserver::Resource endpoint_slices();
apiserver::Resource namespaces();

}  // namespace fairlead::controller
