// I9: messages that are too long, malformed or not canonical are seen.
#include <gtest/gtest.h>

#include "chaos/sim/message_checker.hpp"
#include "tests/sim/support/checker_rig.hpp"

namespace memberd::sim {
namespace {

class MessageRig : public CheckerRig {
  public:
    MessageRig() : CheckerRig(Mode::Memberd) {}

    // What m0 sends is looked at by every judgement; there is no other.
    void judge_sent() {
        struct Nothing {
            void judge(const EngineCall& /*call*/, Violations& /*violations*/) {}
        } nothing;

        judge(nothing);
    }

    // A gossip with so many updates as need that many bytes.
    void gossip(Encoder& encoder, std::uint32_t count) {
        encoder.gossip(envelope(0), count);
        write_updates(encoder, count);
    }

    void write_updates(Encoder& encoder, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            encoder.update(update(1, claim(1, MemberState::Dead), {2, 3}));
        }
    }
};

TEST(CheckerMessage, AcceptsWhatTheEncoderWrites) {
    MessageRig rig;
    rig.say(1, [&](Encoder& encoder) { encoder.ping(rig.envelope(0), {1, true}, 0); });
    rig.say(1, [&](Encoder& encoder) { rig.gossip(encoder, 100); });

    rig.judge_sent();

    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerMessage, ReportsAProbeThatIsTooLong) {
    MessageRig rig;
    rig.say(1, [&](Encoder& encoder) {
        encoder.ping(rig.envelope(0), {1, false}, 100);
        rig.write_updates(encoder, 100);
    });

    rig.judge_sent();

    EXPECT_TRUE(rig.has_reported("I9")) << rig.reported();
}

TEST(CheckerMessage, ReportsBytesThatAreNoMessage) {
    MessageRig rig;
    rig.say(1, [](Encoder& encoder) {
        const std::uint8_t bytes[] = {0x9b, 1, 1, 0xff};
        encoder.raw(bytes);
    });

    rig.judge_sent();

    EXPECT_TRUE(rig.has_reported("I9")) << rig.reported();
}

// A later version may append elements; ours writes none that it would not write again.
TEST(CheckerMessage, ReportsBytesThatEncodeToOthers) {
    MessageRig rig;
    rig.say(1, [&](Encoder& encoder) { encoder.ping(rig.envelope(0), {1, false}, 0); });
    ASSERT_EQ(rig.out.bytes[0], 0x9b);
    rig.out.bytes[0] = 0x9c;
    rig.out.bytes.push_back(0xc0);
    ++rig.out.sends.back().size;

    rig.judge_sent();

    EXPECT_TRUE(rig.has_reported("I9")) << rig.reported();
}

}  // namespace
}  // namespace memberd::sim
