#include "chaos/sim/forgery.hpp"

#include <limits>

namespace memberd::sim {
namespace {

constexpr std::uint64_t kLastKey = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t kSilentForMs = 10'000;

// An empty listing of a range asks for all its records.
std::vector<std::uint8_t> listing_of_nothing() {
    std::vector<std::uint8_t> items;
    Encoder(items).sync_listing(0, kLastKey, 0);
    return items;
}

}  // namespace

Envelope forged_envelope(std::string_view name, const Claim& numbers, std::string_view cluster) {
    Envelope envelope;
    envelope.cluster = static_cast<std::uint32_t>(name_key(cluster));
    envelope.name = name;
    envelope.instance = numbers.instance;
    envelope.generation = numbers.generation;
    envelope.incarnation = numbers.incarnation;
    return envelope;
}

void forge_gossip(const Envelope& envelope,
                  const ForgedUpdate& forged,
                  std::vector<std::uint8_t>& bytes) {
    std::vector<std::uint8_t> profile;
    encode_profile(forged.profile, profile);
    Update update;
    update.name = forged.profile.name;
    update.claim = forged.claim;
    update.profile = profile;
    for (const std::string& accuser : forged.accusers) {
        update.accusers[update.accuser_count++] = accuser;
    }
    Encoder encoder(bytes);
    encoder.gossip(envelope, 1);
    encoder.update(update);
}

void forge_suspicion(const Envelope& envelope,
                     std::string_view subject,
                     const Claim& claim,
                     std::vector<std::uint8_t>& bytes) {
    Encoder encoder(bytes);
    encoder.suspicion(envelope, 1, 0);
    encoder.suspicion_entry(
        {subject, claim.instance, claim.generation, claim.incarnation, kSilentForMs, 0});
}

void forge_join(const Profile& profile,
                std::uint64_t generation,
                std::string_view cluster,
                std::vector<std::uint8_t>& bytes) {
    std::vector<std::uint8_t> encoded;
    encode_profile(profile, encoded);
    Update update;
    update.name = profile.name;
    update.claim.instance = profile.instance;
    update.claim.generation = generation;
    update.profile = encoded;
    Encoder encoder(bytes);
    encoder.join(forged_envelope(profile.name, update.claim, cluster), cluster, 1,
                 listing_of_nothing(), 1);
    encoder.update(update);
}

void forge_request_for_all(const Envelope& envelope, std::vector<std::uint8_t>& bytes) {
    Encoder(bytes).sync(envelope, 1, listing_of_nothing(), 0);
}

}  // namespace memberd::sim
