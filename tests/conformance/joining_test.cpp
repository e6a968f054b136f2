// Coming in: what a seed takes in, what it says, and what it leaves alone.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class JoinRules : public Rule {
  protected:
    // A join by `from` whose claim about itself is this one.
    void hear_join_saying(const Peer& from, const Said& said) {
        std::vector<std::uint8_t> items;
        Encoder(items).sync_summary(0, ~std::uint64_t{0}, 1, 12345);
        std::vector<std::uint8_t> bytes;
        Encoder encoder(bytes);
        encoder.join(rig.envelope_of(from), "blue", 1, items, 1);
        encoder.update(update_of(said));
        rig.hear(bytes, 9);
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, JoinRules, kAllModes, mode_name);

TEST_P(JoinRules, ANewcomerHearsOfAllTheLivingAndOfTheGoneAsGone) {
    rig.hear_gossip(p(1), {death_of(p(0)), left(p(2))});
    rig.hear_join(rig.add_stranger("fresh"), 9);

    ASSERT_EQ(rig.count<Welcome>(), 1U);
    const auto told = rig.all_sent<Welcome>().front()->updates();
    const auto state = [&](std::string_view name) {
        const auto found =
            std::find_if(told.begin(), told.end(), [&](const Said& s) { return s.name == name; });
        return found == told.end() ? std::string_view("nothing") : to_string(found->claim.state);
    };
    EXPECT_EQ(state("p00"), "dead");
    EXPECT_EQ(state("p02"), "left");
    for (const char* name : {"self", "p01", "p03", "p04", "p05"}) {
        EXPECT_EQ(state(name), "alive") << name;
    }
    for (const Said& said : told) {
        EXPECT_FALSE(said.profile.empty()) << said.name;
    }
}

TEST_P(JoinRules, ANewcomerIsShownAndPassedOnByItsSeed) {
    Peer& fresh = rig.add_stranger("fresh");
    rig.hear_join(fresh, 9);
    rig.run_for(5s);
    EXPECT_EQ(held("fresh"), fresh.claim());
    EXPECT_EQ(changes_of("fresh").size(), 1U);
    EXPECT_FALSE(passed_on(fresh).empty());
}

TEST_P(JoinRules, TwiceIsHarmless) {
    Peer& fresh = rig.add_stranger("fresh");
    rig.hear_join(fresh, 9);
    rig.hear_join(fresh, 10);
    EXPECT_EQ(rig.count<Welcome>(), 2U);
    EXPECT_EQ(changes_of("fresh").size(), 1U);
    EXPECT_EQ(rig.engine.members().size(), 8U);
}

TEST_P(JoinRules, InTheNameOfAnotherIsIgnored) {
    Peer& x = rig.add_stranger("x");
    hear_join_saying(x, alive(rig.add_stranger("y")));
    hear_join_saying(x, alive(p(0), 7));

    EXPECT_EQ(rig.count<Welcome>(), 0U);
    EXPECT_FALSE(rig.knows("x"));
    EXPECT_FALSE(rig.knows("y"));
    EXPECT_EQ(held("p00"), p(0).claim());
}

TEST_P(JoinRules, OfTheDeadOrTheLeavingIsIgnored) {
    Peer& x = rig.add_stranger("x");
    hear_join_saying(x, with_profile(dead(x, {"p01"}), x));
    hear_join_saying(x, with_profile(left(x), x));

    EXPECT_EQ(rig.count<Welcome>(), 0U);
    EXPECT_FALSE(rig.knows("x"));
}

TEST_P(JoinRules, AtAnAddressOfTheOtherFamilyIsLikeAnyOther) {
    Peer& fresh = rig.add_stranger("fresh");
    fresh.profile.endpoint = *parse_endpoint("[2001:db8::7]:7747");
    rig.hear_join(fresh, 9);
    rig.run_for(20s);

    EXPECT_EQ(rig.state_of("fresh"), MemberState::Alive);
    EXPECT_GE(rig.count<Ping>(&fresh), 1U);
}

TEST_P(JoinRules, ThatIsRefusedLeavesNoTraceAtTheSeed) {
    Peer& fresh = rig.add_stranger("fresh");
    rig.hear_join(fresh, 9, "green");
    rig.run_for(5s);

    EXPECT_EQ(rig.count<Welcome>(), 0U);
    EXPECT_EQ(rig.count<Refuse>(), 1U);
    EXPECT_FALSE(rig.knows("fresh"));
    EXPECT_TRUE(rig.said_of("fresh").empty());
    EXPECT_TRUE(rig.changes.empty());
}

// Of its answers only the welcome is taken: a refusal shows nobody.
TEST_P(JoinRules, ThatIsRefusedLeavesNoTraceAtTheNewcomer) {
    rig.hear_refuse({1, RefuseCode::OtherCluster, 0, "green", "no"});
    rig.hear_refuse({2, RefuseCode::OtherVersion, 0, "blue", "no"});

    EXPECT_EQ(rig.engine.members().size(), 7U);
    EXPECT_TRUE(rig.changes.empty());
    EXPECT_EQ(rig.notices.size(), 2U);
}

// It may be a run that lives and of which a leave was said: it hears so, and refutes.
TEST_P(JoinRules, BySomebodyWhoLeftNeedsAnotherGeneration) {
    rig.hear_gossip(p(1), {left(p(0))});
    rig.run_for(1s);
    rig.forget_past();
    rig.hear_join(p(0), 9);
    EXPECT_EQ(rig.state_of("p00"), MemberState::Left);
    ASSERT_FALSE(rig.said_of("p00").empty());
    EXPECT_EQ(rig.said_of("p00").back().claim.state, MemberState::Left);

    const Peer again = next_run_of(p(0));
    rig.hear_join(again, 10);
    EXPECT_EQ(held("p00"), again.claim());
}

TEST_P(JoinRules, ThroughALeaverIsNotAnswered) {
    rig.engine.leave(rig.now, rig.out);
    rig.collect();
    rig.hear_join(rig.add_stranger("fresh"), 9);
    EXPECT_EQ(rig.count<Welcome>(), 0U);
    EXPECT_FALSE(rig.knows("fresh"));
}

}  // namespace
}  // namespace memberd::tests
