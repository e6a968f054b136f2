// One message of every type, and more where a type has more than one shape: what the vectors of
// tests/unit/data/wire_vectors.txt hold as bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gossip/messages.hpp"
#include "gossip/profile.hpp"

namespace memberd::tests {

struct Sample {
    std::string name;
    std::vector<std::uint8_t> bytes;
};

// The sender of every sample, and the two members that samples speak of.
Envelope sample_envelope();
Profile sample_profile(std::string_view name = "node-00007");

std::vector<Sample> message_samples();
std::vector<Sample> profile_samples();

std::string to_hex(const std::vector<std::uint8_t>& bytes);

}  // namespace memberd::tests
