// Nothing grows with what has passed.
#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class BoundRules : public Rule {
  protected:
    BoundRules() : Rule(6, options()) {}

    static RigOptions options() {
        RigOptions options;
        options.timing.membership.tombstone_window = 10s;
        options.timing.membership.dead_window = 10s;
        return options;
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, BoundRules, kAllModes, mode_name);

TEST_P(BoundRules, NamesThatCameAndWentLeaveNothingBehind) {
    rig.run_for(60s);
    const std::size_t bytes = rig.engine.table_bytes();
    for (int i = 0; i < 400; ++i) {
        Peer x;
        x.profile = profile_of("x" + std::to_string(i), 9000, 0x7000U + static_cast<unsigned>(i));
        rig.hear_gossip(p(1), {alive(x)});
        rig.hear_gossip(p(1), {i % 2 == 0 ? left(x) : dead(x, {"p04", "p05"})});
        rig.run_for(100ms);
        rig.forget_past();
    }
    EXPECT_GT(rig.pool.size(), 300U);
    rig.run_for(200s);

    EXPECT_EQ(rig.engine.members().size(), 7U);
    EXPECT_EQ(rig.pool.size(), 7U);
    EXPECT_EQ(rig.engine.status(rig.now).dead, 0U);
    EXPECT_EQ(rig.engine.status(rig.now).left, 0U);
    // The table keeps its capacity, of the most that it held at one time.
    EXPECT_LE(rig.engine.table_bytes(), bytes + std::size_t{64} * 1024);
}

TEST_P(BoundRules, MalformedMessagesAreCountedAndChangeNothing) {
    const std::uint64_t digest = rig.engine.status(rig.now).view_digest;
    std::vector<std::uint8_t> good;
    Encoder encoder(good);
    encoder.gossip(rig.envelope_of(p(1)), 1);
    const Said said = death_of(p(0));
    encoder.update(update_of(said));
    for (std::size_t size = 0; size < good.size(); ++size) {
        rig.hear({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}, 9);
    }
    std::vector<std::uint8_t> longer = good;
    longer.push_back(0);
    rig.hear(longer, 9);
    rig.hear(std::vector<std::uint8_t>(kMessageBytesMax + 1, 0x90), 9);

    EXPECT_EQ(rig.engine.counters().malformed, good.size() + 2);
    EXPECT_EQ(rig.engine.status(rig.now).view_digest, digest);
    EXPECT_TRUE(rig.sent.empty());
    rig.hear(good, 9);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Dead);
}

TEST_P(BoundRules, AnIncarnationThatNoHonestMemberReachesIsRefused) {
    rig.hear_gossip(p(1), {alive(p(0), kIncarnationJumpMax + 1)});
    EXPECT_EQ(held("p00").incarnation, 0U);
    EXPECT_EQ(rig.engine.counters().claims_refused, 1U);
    rig.hear_gossip(p(1), {death_of(p(0), kIncarnationJumpMax + 1)});
    EXPECT_EQ(rig.state_of("p00"), MemberState::Alive);
}

}  // namespace
}  // namespace memberd::tests
