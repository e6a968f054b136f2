// The document of op `why` (LOCAL_API.md section 5): evidence of several flight recorders as one
// timeline, each piece with a sentence for a person.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detector/time.hpp"
#include "gossip/flight_recorder.hpp"
#include "gossip/member.hpp"
#include "membership/local_protocol.hpp"
#include "membership/os_clock.hpp"

namespace memberd {

struct SourcedEvidence {
    std::string source;  // the member whose flight recorder holds it
    EvidenceEntry entry;
};

struct WhyAnswer {
    std::string name;   // the subject
    std::string agent;  // who answers: "we" in the sentences
    std::optional<MemberState> state;
    std::vector<SourcedEvidence> evidence;
    std::vector<std::string> asked;  // other members
    std::vector<std::string> answered;
};

// Sorts the evidence by time; of one time, by source.
Document to_document(WhyAnswer answer, Instant now, WallTime wall);

// The sentence. `agent` is who speaks.
std::string evidence_text(const SourcedEvidence& evidence, std::string_view agent);

}  // namespace memberd
