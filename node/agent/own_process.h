#pragma once

// What the daemon asks of the kernel for itself. Best effort: what is refused is logged, once.
namespace fairlead::agent {

// Keeps the memory of the process, all of it and as it grows, from being written to a disk that must be
// waited for. Only where locked memory has no limit: under one, what is allocated later would be refused.
void lock_memory();

// What `ps -L` and `top -H` call the calling thread; at most 15 characters.
void name_thread(const char* name);

// The calling thread goes before all others, in the real-time class SCHED_RR.
void become_realtime();

}  // namespace fairlead::agent
