#pragma once

#include <vector>

#include "controller/plan/changes.h"
#include "controller/plan/release.h"

// What a write that frees something takes for gone, or for asking for less, by what the caches show (FC-03).
// A cache may be behind, even a list behind what was seen before it, so each of these is read from the API
// server before the write is sent. Nothing of what the caches show as being deleted. In no order that counts,
// each once.
namespace fairlead::controller {

// Owners of addresses that the group has and `wanted` has not; with nullptr for `wanted`, of all it has. Of a
// VirtualIP that goes because its Service is gone, or is ours no more, the Service. And the Nodes that are no
// members of it any more, that a release does not wait for any more, or that another group's release of an
// address which this one gets would have waited for. nullptr for `there`: the group is new.
std::vector<Absence> absences_of(const Inputs& inputs, const ReleaseNotes& notes, const Desired& desired,
                                 const api::VRRPGroup* there, const api::VRRPGroup* wanted);

// Of a VirtualIP, by UID, whose finalizer is to go: the Nodes that its releases do not wait for.
std::vector<Absence> absences_of_release(const Inputs& inputs, const ReleaseNotes& notes,
                                         const std::string& uid);

// Of a claim that those who hold it are to lose: these VirtualIPs, of which one that is there and asks for
// less must not have changed since, and for such a one the AddressPool; the Nodes that the address's release
// does not wait for any more; and the group that it names has the address for none of them, and waits for no
// node that may hold it.
std::vector<Absence> absences_of_holders(const Inputs& inputs, const ReleaseNotes& notes,
                                         const api::AddressClaim& leaving);

// The same of a claim that is to go: the group has the address for nobody.
std::vector<Absence> absences_of_end(const Inputs& inputs, const ReleaseNotes& notes,
                                     const api::AddressClaim& there);

// Of a claim that is to name another group: the one that it names has the address for nobody. None if it
// names none.
std::vector<Absence> absences_of_group(const api::AddressClaim& there);

// Of a set that is to go: the VirtualIP that owns it.
std::vector<Absence> absences_of(const Inputs& inputs, const api::RealServerSet& there);

// Of a VirtualIP that is to go: the Service that it was made for, gone or unchanged.
std::vector<Absence> absences_of(const Inputs& inputs, const api::VirtualIP& there);

// True if this answer to a GET of the object, HTTP status and body, says that it is gone: the API server
// found none of that name, or one with another UID than the one known (or the very version that is known, or
// a group without the address, where that is enough). A 404 that does not name it, a proxy's for one, says
// nothing, nor does a group whose addresses cannot be read.
bool confirms(const Absence& absence, int status, const std::string& body);

}  // namespace fairlead::controller
