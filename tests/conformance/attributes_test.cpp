// What members say about themselves beside being alive.
#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;
using Tags = std::vector<std::pair<std::string, std::string>>;

class AttributeRules : public Rule {
  protected:
    bool set(const Attributes& attributes) {
        const bool done = rig.engine.set_attributes(rig.now, attributes, rig.out);
        rig.collect();
        return done;
    }

    bool set_tags(const Tags& tags) { return set({"", 1000, Health::Ready, tags}); }

    [[nodiscard]] Tags tags_of(std::string_view name) const {
        return rig.pool.open(rig.engine.find(name)->profile).tags;
    }
};

INSTANTIATE_TEST_SUITE_P(Modes, AttributeRules, kAllModes, mode_name);

TEST_P(AttributeRules, AChangeOfOnesOwnRaisesTheIncarnationByOneAndIsPassedOnWhole) {
    EXPECT_TRUE(set_tags({{"role", "a"}}));
    EXPECT_EQ(rig.engine.self().claim.incarnation, 1U);
    EXPECT_TRUE(set_tags({{"role", "b"}}));
    EXPECT_EQ(rig.engine.self().claim.incarnation, 2U);
    rig.run_for(2s);

    const auto said = rig.said_of("self");
    ASSERT_FALSE(said.empty());
    EXPECT_EQ(said.back().claim, rig.engine.self().claim);
    EXPECT_EQ(decode_profile(said.back().profile)->tags, (Tags{{"role", "b"}}));
    ASSERT_EQ(changes_of("self").size(), 2U);
    EXPECT_EQ(changes_of("self").back().kind, ChangeKind::Updated);
}

TEST_P(AttributeRules, TheSameAgainIsNoChange) {
    EXPECT_TRUE(set_tags({{"role", "a"}}));
    rig.run_for(10s);
    rig.forget_past();
    EXPECT_TRUE(set_tags({{"role", "a"}}));
    rig.run_for(5s);

    EXPECT_EQ(rig.engine.self().claim.incarnation, 1U);
    EXPECT_TRUE(rig.said_of("self").empty());
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(AttributeRules, WhatBreaksALimitIsRefusedWhole) {
    Tags many;
    for (int i = 0; i < 65; ++i) {
        many.emplace_back("t" + std::to_string(100 + i), "x");
    }
    EXPECT_FALSE(set_tags(many));
    EXPECT_FALSE(set_tags({{"role", std::string(513, 'x')}}));
    EXPECT_FALSE(set_tags({{std::string(65, 'x'), "a"}}));
    EXPECT_FALSE(set_tags({{"", "a"}}));
    EXPECT_FALSE(set_tags({{"b", "1"}, {"a", "2"}}));
    EXPECT_FALSE(set({std::string(65, 'z'), 1000, Health::Ready, {}}));
    EXPECT_FALSE(set({"", 100'001, Health::Ready, {}}));

    EXPECT_EQ(rig.engine.self().claim.incarnation, 0U);
    EXPECT_TRUE(rig.changes.empty());
    many.pop_back();
    EXPECT_TRUE(set_tags(many));
}

TEST_P(AttributeRules, ATagThatIsTakenAwayIsGone) {
    EXPECT_TRUE(set_tags({{"a", "1"}, {"b", "2"}}));
    EXPECT_TRUE(set_tags({{"b", "2"}}));
    EXPECT_EQ(tags_of("self"), (Tags{{"b", "2"}}));
}

TEST_P(AttributeRules, AreStillThereAfterARefutation) {
    EXPECT_TRUE(set_tags({{"role", "a"}}));
    rig.hear_gossip(p(1), {about_self(MemberState::Dead, 1)});
    rig.hear_gossip(p(1), {about_self(MemberState::Left, 2)});
    rig.run_for(1s);

    EXPECT_EQ(tags_of("self"), (Tags{{"role", "a"}}));
    const auto said = rig.said_of("self");
    ASSERT_FALSE(said.empty());
    EXPECT_EQ(decode_profile(said.back().profile)->tags, (Tags{{"role", "a"}}));
}

TEST_P(AttributeRules, EachChangeOfAnothersIsOneUpdate) {
    for (std::uint32_t i = 1; i <= 3; ++i) {
        p(0).profile.tags = {{"v", std::to_string(i)}};
        rig.hear_gossip(p(1), {alive(p(0), i)});
        rig.hear_gossip(p(2), {alive(p(0), i)});
        EXPECT_EQ(tags_of("p00"), p(0).profile.tags);
    }
    const auto changes = changes_of("p00");
    ASSERT_EQ(changes.size(), 3U);
    for (const SeenChange& change : changes) {
        EXPECT_EQ(change.kind, ChangeKind::Updated);
        EXPECT_EQ(change.claim.state, MemberState::Alive);
    }
}

TEST_P(AttributeRules, OtherContentUnderTheSameIncarnationIsNotTaken) {
    p(0).profile.tags = {{"v", "1"}};
    rig.hear_gossip(p(1), {alive(p(0))});
    EXPECT_TRUE(tags_of("p00").empty());
    EXPECT_TRUE(rig.changes.empty());
}

TEST_P(AttributeRules, OutliveTheMember) {
    p(0).profile.tags = {{"v", "1"}};
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    rig.hear_gossip(p(1), {death_of(p(0), 1)});
    EXPECT_EQ(tags_of("p00"), p(0).profile.tags);
    rig.hear_gossip(p(1), {alive(p(0), 2)});
    EXPECT_EQ(tags_of("p00"), p(0).profile.tags);
}

// The address is one of them: it moves with an incarnation, and no late news moves it back.
TEST_P(AttributeRules, AMovedMemberIsPingedAtItsNewAddressWhateverOthersStillSay) {
    const Peer before = p(0);
    p(0).profile.endpoint = endpoint_at(9999);
    p(0).incarnation = 1;
    rig.hear_gossip(p(0), {alive(p(0))});
    rig.hear_gossip(p(1), {alive(before)});
    rig.hear_sync(p(2), {alive(before)});
    rig.run_for(1s);
    rig.forget_past();
    rig.run_for(60s);

    EXPECT_EQ(rig.pool.open(rig.engine.find("p00")->profile).endpoint, endpoint_at(9999));
    EXPECT_GE(rig.count<Ping>(&p(0)), 1U);
    for (const Sent& each : rig.sent) {
        EXPECT_NE(each.to, before.profile.endpoint);
    }
    EXPECT_TRUE(rig.changes.empty());
}

}  // namespace
}  // namespace memberd::tests
