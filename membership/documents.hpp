// Documents of LOCAL_API.md section 5 that need nothing but what they show.
#pragma once

#include "gossip/engine.hpp"
#include "gossip/zmq_transport.hpp"
#include "membership/local_protocol.hpp"
#include "membership/ring.hpp"

namespace memberd {

inline constexpr const char* kProgramVersion = "0.1.0";

// Of op `version`.
Document version_document();

// Maps of numbers, for `info`.
Document to_document(const EngineCounters& counters);
Document to_document(const TransportCounters& counters);

// The `members` of op `ring`.
Document ring_members_document(const Ring& ring);

// The share of the live members heard from lately, this one included, whose digest equals ours.
double agreement_of(const EngineStatus& status);

}  // namespace memberd
