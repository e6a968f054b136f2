// Any bytes: decoding must not fail in any way but by saying so, and what it accepts must be the
// only bytes of what they say.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "chaos/sim/reencode.hpp"
#include "gossip/codec.hpp"
#include "gossip/profile_pool.hpp"
#include "tests/support/value_count.hpp"

namespace {

using memberd::DecodeStatus;
using memberd::tests::value_count;

// An assertion that stays on in every build.
void expect(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "does not hold: %s\n", what);
        std::abort();
    }
}

// Profiles in updates are valid, name their member, and come back from the pool byte for byte.
void acquire_profiles(const memberd::Message& message) {
    memberd::ProfilePool pool;
    memberd::Update update;
    std::uint32_t walked = 0;
    for (memberd::ListCursor<memberd::Update> cursor(message.updates); cursor.next(update);) {
        ++walked;
        if (update.profile.empty()) {
            continue;
        }
        const memberd::ProfileId id = pool.acquire(update.profile);
        expect(id != memberd::kNoProfile, "a decoded profile is valid");
        expect(pool[id].name() == update.name, "a profile has the name of its update");
        expect(pool[id].instance == update.claim.instance, "a profile is of the update's run");
        std::vector<std::uint8_t> known;
        memberd::encode_profile(pool.open(id), known);
        const bool appended = value_count(known) < value_count(pool[id].encoded);
        expect(appended || known == pool[id].encoded, "a profile has one encoding");
        if (walked % 2 == 0) {
            pool.release(id);
        }
    }
    expect(walked == message.updates.count, "every update can be walked to");
}

}  // namespace

// The name is given by libFuzzer.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const memberd::Bytes bytes(data, size);
    static_cast<void>(memberd::decode_profile(bytes));

    memberd::Message message;
    if (memberd::decode(bytes, message) != DecodeStatus::Ok) {
        return 0;
    }
    acquire_profiles(message);

    const std::vector<std::uint8_t> again = memberd::sim::reencode(message);
    memberd::Message second;
    expect(memberd::decode(again, second) == DecodeStatus::Ok, "what was decoded can be encoded");
    if (value_count(again) == value_count(bytes)) {
        expect(std::ranges::equal(again, bytes), "a message has one encoding");
    } else {
        // Elements of a later version are left out.
        expect(value_count(again) < value_count(bytes), "nothing is added");
        expect(memberd::sim::reencode(second) == again, "what is left is canonical");
    }
    return 0;
}
