#pragma once

#include <vector>

#include "controller/plan/changes.h"
#include "controller/plan/release.h"

// What a write that frees something takes for gone because the caches do not show it (FC-03). A cache may be
// behind, so each of these is read from the API server before the write is sent. Nothing for what the caches
// do show: being deleted, another object under the same name, a spec that asks for less. In no order that
// counts, each once.
namespace fairlead::controller {

// Owners of addresses that the group has and `wanted` has not; with nullptr for `wanted`, of all it has. Of a
// VirtualIP that goes because its Service is gone, the Service. And the Nodes that are no members of it any
// more, that a release does not wait for any more, or that another group's release of an address which this
// one gets would have waited for. nullptr for `there`: the group is new.
std::vector<Absence> absences_of(const Inputs& inputs, const ReleaseNotes& notes, const Desired& desired,
                                 const api::VRRPGroup* there, const api::VRRPGroup* wanted);

// Of a VirtualIP, by UID, whose finalizer is to go: the Nodes that its releases do not wait for.
std::vector<Absence> absences_of_release(const Inputs& inputs, const ReleaseNotes& notes,
                                         const std::string& uid);

// Of a claim that somebody is to lose: the VirtualIPs that hold it, of which one that is there and asks for
// less must not have changed since, and for such a one the AddressPool; and the Nodes that the address's
// release does not wait for any more.
std::vector<Absence> absences_of(const Inputs& inputs, const ReleaseNotes& notes,
                                 const api::AddressClaim& there);

// Of a claim that is to go, besides: the group that it names has the address no more, and waits for no node
// that may hold it.
std::vector<Absence> absences_of_end(const Inputs& inputs, const ReleaseNotes& notes,
                                     const api::AddressClaim& there);

// Of a set that is to go: the VirtualIP that owns it.
std::vector<Absence> absences_of(const Inputs& inputs, const api::RealServerSet& there);

// Of a VirtualIP that is to go: the Service that it was made for.
std::vector<Absence> absences_of(const Inputs& inputs, const api::VirtualIP& there);

// True if this answer to a GET of the object, HTTP status and body, says that it is gone: the API server
// found none of that name, or one with another UID than the one known (or the very version that is known, or
// a group without the address, where that is enough). A 404 that does not name it, a proxy's for one, says
// nothing.
bool confirms(const Absence& absence, int status, const std::string& body);

}  // namespace fairlead::controller
