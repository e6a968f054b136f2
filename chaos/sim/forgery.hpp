// Messages in the names of others, as a hostile process writes them. They append to a caller's
// buffer; all but the claims that they make is valid.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gossip/codec.hpp"
#include "gossip/profile.hpp"

namespace memberd::sim {

struct ForgedUpdate {
    Profile profile;
    Claim claim;
    std::vector<std::string> accusers;  // at most kAccuserCountMax
};

// The name must outlive the envelope.
Envelope forged_envelope(std::string_view name, const Claim& numbers, std::string_view cluster);

// One update, with its profile.
void forge_gossip(const Envelope& envelope,
                  const ForgedUpdate& update,
                  std::vector<std::uint8_t>& bytes);
// The word that the subject has been silent for ten seconds.
void forge_suspicion(const Envelope& envelope,
                     std::string_view subject,
                     const Claim& claim,
                     std::vector<std::uint8_t>& bytes);
// A join that knows nobody.
void forge_join(const Profile& profile,
                std::uint64_t generation,
                std::string_view cluster,
                std::vector<std::uint8_t>& bytes);
// A sync whose answer is the whole table.
void forge_request_for_all(const Envelope& envelope, std::vector<std::uint8_t>& bytes);

}  // namespace memberd::sim
