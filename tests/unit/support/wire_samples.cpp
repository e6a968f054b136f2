#include "tests/unit/support/wire_samples.hpp"

#include "gossip/codec.hpp"

namespace memberd::tests {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::uint64_t kInstance = 0x1122334455667788;
constexpr std::uint64_t kSubjectInstance = 0x8877665544332211;
constexpr std::uint64_t kGeneration = 1'700'000'000;

// Items of every kind.
Buffer items() {
    Buffer buffer;
    Encoder encoder(buffer);
    encoder.sync_summary(0, UINT64_MAX, 1000, 0xfedcba9876543210);
    encoder.sync_listing(0x1000, 0x1fff, 2);
    encoder.listing_entry({0x1001, 0xa1a2a3a4a5a6a7a8});
    encoder.listing_entry({0x1ffe, 0xb1b2b3b4b5b6b7b8});
    encoder.sync_wanted(2);
    encoder.wanted_key(0x1001);
    encoder.wanted_key(0xffffffffffffffff);
    return buffer;
}

Update death() {
    Update update;
    update.name = "node-00009";
    update.claim = {kSubjectInstance, kGeneration, 3, MemberState::Dead};
    update.age_s = 12;
    update.accuser_count = 2;
    update.accusers[0] = "node-00001";
    update.accusers[1] = "node-00002";
    return update;
}

Update life(const Buffer& profile) {
    Update update;
    update.claim = {0, kGeneration, 0, MemberState::Alive};
    update.profile = profile;
    return update;
}

template <typename Write>
Sample sample(std::string name, Write write) {
    Sample made{std::move(name), {}};
    Encoder encoder(made.bytes);
    write(encoder);
    return made;
}

void add_probes(std::vector<Sample>& samples) {
    const Envelope from = sample_envelope();
    samples.push_back(sample("ping", [&](Encoder& e) { e.ping(from, {4711, false}, 0); }));
    samples.push_back(sample("ping-suspecting", [&](Encoder& e) {
        e.ping(from, {4712, true}, 1);
        e.update(death());
    }));
    samples.push_back(sample("ack", [&](Encoder& e) { e.ack(from, {4711, 850}, 0); }));
    samples.push_back(sample("ping-req", [&](Encoder& e) {
        e.ping_req(from, {4713, "node-00009", kSubjectInstance, 640}, 0);
    }));
    samples.push_back(sample("nack", [&](Encoder& e) { e.nack(from, {4713}, 0); }));
    samples.push_back(sample("alive", [&](Encoder& e) {
        e.alive(from, {"node-00009", kSubjectInstance, 4713, 120, 7}, 0);
    }));
    samples.push_back(sample("suspicion", [&](Encoder& e) {
        e.suspicion(from, 1, 0);
        e.suspicion_entry({"node-00009", kSubjectInstance, kGeneration, 3, 1900, 9});
    }));
}

void add_others(std::vector<Sample>& samples) {
    const Envelope from = sample_envelope();
    const Buffer encoded_items = items();
    Buffer profile;
    encode_profile(sample_profile("node-00009"), profile);
    samples.push_back(sample("gossip", [&](Encoder& e) {
        e.gossip(from, 2);
        e.update(death());
        e.update(life(profile));
    }));
    samples.push_back(sample("join", [&](Encoder& e) {
        e.join(from, "blue", 3, encoded_items, 1);
        e.update(life(profile));
    }));
    samples.push_back(sample("welcome", [&](Encoder& e) {
        e.welcome(from, 3, encoded_items, 1);
        e.update(life(profile));
    }));
    samples.push_back(sample("refuse", [](Encoder& e) {
        e.refuse({kProtocolVersion, RefuseCode::GenerationTooLow, kGeneration, "blue",
                  "node-00007 has run with a higher generation"});
    }));
    samples.push_back(sample("refuse-of-version-2", [](Encoder& e) {
        e.refuse({2, RefuseCode::OtherVersion, 2, "blue", "this cluster speaks version 2"});
    }));
    samples.push_back(sample("sync", [&](Encoder& e) { e.sync(from, 3, encoded_items, 0); }));
    samples.push_back(sample("leave", [&](Encoder& e) { e.leave(from, {4714}, 0); }));
    samples.push_back(sample("leave-ack", [&](Encoder& e) { e.leave_ack(from, {4714}, 0); }));
    samples.push_back(sample("evidence-request", [&](Encoder& e) {
        e.evidence_request(from, {4715, "node-00009"}, 0);
    }));
    samples.push_back(sample("evidence", [&](Encoder& e) {
        e.evidence(from, 4715, 3, 0);
        e.evidence_item({0, "", 4200, 310, 0, 0});
        e.evidence_item({5, "node-00001", 2700, 1805, 0, 0});
        e.evidence_item({4, "", 2690, 1810, 5120, 0});
    }));
}

}  // namespace

Envelope sample_envelope() {
    Envelope envelope;
    envelope.cluster = static_cast<std::uint32_t>(name_key("blue"));
    envelope.name = "node-00007";
    envelope.instance = kInstance;
    envelope.generation = kGeneration;
    envelope.incarnation = 5;
    envelope.view_digest = 0x0123456789abcdef;
    envelope.ring_digest = 0x89abcdef01234567;
    return envelope;
}

Profile sample_profile(std::string_view name) {
    Profile profile;
    profile.name = name;
    profile.instance = kSubjectInstance;
    profile.endpoint = parse_endpoint("192.0.2.9:7747").value();
    profile.zone = "east";
    profile.weight_milli = 1500;
    profile.tags = {{"role", "cache"}, {"version", "1.4.2"}};
    return profile;
}

std::vector<Sample> message_samples() {
    std::vector<Sample> samples;
    add_probes(samples);
    add_others(samples);
    return samples;
}

std::vector<Sample> profile_samples() {
    Profile plain;
    plain.name = "a";
    plain.instance = 1;
    plain.endpoint = parse_endpoint("127.0.0.1:7747").value();
    Profile rich = sample_profile();
    rich.name = "zürich-1";
    rich.endpoint = parse_endpoint("[2001:db8::1]:17747").value();
    rich.weight_milli = 0;
    rich.health = Health::Draining;
    rich.restarting = true;
    std::vector<Sample> samples{{"profile-plain", {}}, {"profile-rich", {}}};
    encode_profile(plain, samples[0].bytes);
    encode_profile(rich, samples[1].bytes);
    return samples;
}

std::string to_hex(const std::vector<std::uint8_t>& bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const std::uint8_t byte : bytes) {
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 0x0fU];
    }
    return hex;
}

}  // namespace memberd::tests
