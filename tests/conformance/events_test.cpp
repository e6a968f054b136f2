// What an application is told: each change once, in order, and nothing that did not change.
#include <array>
#include <map>

#include <gtest/gtest.h>

#include "tests/conformance/support/rule.hpp"

namespace memberd::tests {
namespace {

using namespace std::chrono_literals;

class EventRules : public Rule {
  protected:
    // What a listener knows that has followed every change since the beginning.
    void follow(const SeenChange& change) {
        const auto known = shown_.find(change.name);
        if (change.kind == ChangeKind::Forgotten) {
            EXPECT_NE(known, shown_.end()) << change.name;
            shown_.erase(change.name);
            return;
        }
        EXPECT_EQ(change.is_new, known == shown_.end()) << change.name;
        if (change.kind == ChangeKind::State && known != shown_.end()) {
            EXPECT_EQ(change.previous, known->second) << change.name;
            EXPECT_NE(change.claim.state, known->second) << change.name;
        }
        shown_[change.name] = change.claim.state;
    }

    void expect_shown() {
        const auto members = rig.engine.members();
        EXPECT_EQ(members.size(), shown_.size());
        for (const MemberView& member : members) {
            const std::string name(rig.pool[member.profile].name());
            const auto known = shown_.find(name);
            ASSERT_NE(known, shown_.end()) << name;
            EXPECT_EQ(known->second, member.claim.state) << name;
        }
    }

    std::map<std::string, MemberState> shown_;
};

INSTANTIATE_TEST_SUITE_P(Modes, EventRules, kAllModes, mode_name);

TEST_P(EventRules, AMemberThatFailsIsSuspectThenDeadEachOnce) {
    p(0).answers = false;
    for (int i = 0; i < 200; ++i) {
        if (GetParam() == Mode::Memberd) {
            for (int k = 1; k < 5; ++k) {
                rig.hear_suspicion(p(k), {&p(0)}, 1s);
            }
        }
        rig.run_for(400ms);
    }
    const auto changes = changes_of("p00");
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].previous, MemberState::Alive);
    EXPECT_EQ(changes[0].claim.state, MemberState::Suspect);
    EXPECT_EQ(changes[1].previous, MemberState::Suspect);
    EXPECT_EQ(changes[1].claim.state, MemberState::Dead);
    EXPECT_EQ(rig.changes.size(), 2U);
}

TEST_P(EventRules, ComeInTheOrderInWhichAMessageSaysThem) {
    Peer& x = rig.add_stranger("x");
    rig.hear_gossip(p(1), {left(p(0)), alive(x), death_of(p(2)), alive(rig.add_stranger("y"))});

    std::vector<std::string> names;
    for (const SeenChange& change : rig.changes) {
        names.push_back(change.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"p00", "x", "p02", "y"}));
}

TEST_P(EventRules, OneselfIsNoArrival) {
    RigOptions options;
    options.mode = GetParam();
    EngineRig alone(options);
    alone.run_for(10s);
    EXPECT_TRUE(alone.changes.empty());
}

TEST_P(EventRules, AFalseAlarmIsTwoEventsAndNoArrival) {
    make_a_suspect_of_p00();
    p(0).answers = true;
    rig.hear_gossip(p(1), {alive(p(0), 1)});
    rig.run_for(5s);
    const auto changes = changes_of("p00");
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].claim.state, MemberState::Suspect);
    EXPECT_EQ(changes[1].claim.state, MemberState::Alive);
    EXPECT_FALSE(changes[1].is_new);
}

TEST_P(EventRules, TheForgottenAreAnnouncedOnceAndNewIfTheyComeAgain) {
    rig.hear_gossip(p(1), {death_of(p(0)), left(p(0))});
    ASSERT_EQ(changes_of("p00").size(), 2U);
    EXPECT_EQ(changes_of("p00").back().kind, ChangeKind::Forgotten);
    rig.hear_gossip(p(1), {left(p(0))});
    EXPECT_EQ(changes_of("p00").size(), 2U);
    rig.hear_gossip(p(1), {alive(next_run_of(p(0)))});
    ASSERT_EQ(changes_of("p00").size(), 3U);
    EXPECT_TRUE(changes_of("p00").back().is_new);
}

TEST_P(EventRules, FoldedTogetherAreTheView) {
    for (const MemberView& member : rig.engine.members()) {
        shown_[std::string(rig.pool[member.profile].name())] = member.claim.state;
    }
    Random random(3);
    std::vector<Peer> runs;
    for (int i = 0; i < 4; ++i) {
        runs.push_back(p(i));
        runs.push_back(next_run_of(p(i)));
        runs.push_back(rig.add_stranger("x" + std::to_string(i)));
    }
    for (int i = 0; i < 1500; ++i) {
        const Peer& subject = runs[random.below(runs.size())];
        Said said = with_profile(death_of(subject), subject);
        said.claim.incarnation = static_cast<std::uint32_t>(random.below(6));
        const std::array states{MemberState::Alive, MemberState::Alive, MemberState::Suspect,
                                MemberState::Dead, MemberState::Left};
        said.claim.state = states[random.below(states.size())];
        if (random.chance(0.5)) {
            rig.hear_gossip(p(4), {said});
        } else {
            rig.hear_sync(p(5), {said});
        }
        if (random.chance(0.05)) {
            rig.engine.forget(rig.now, subject.profile.name, rig.out);
            rig.collect();
        }
        rig.run_for(Duration(random.below(300'000'000)));
        for (const SeenChange& change : rig.changes) {
            follow(change);
        }
        rig.forget_past();
        expect_shown();
        ASSERT_FALSE(HasFailure()) << "step " << i;
    }
}

}  // namespace
}  // namespace memberd::tests
