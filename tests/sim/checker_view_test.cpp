// I8, I13, I15 and I16: what members show, the ring that follows from it, and who is probed.
#include <gtest/gtest.h>

#include "chaos/sim/fold_checker.hpp"
#include "chaos/sim/probe_checker.hpp"
#include "chaos/sim/ring_checker.hpp"
#include "tests/sim/support/checker_rig.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class FoldRig : public CheckerRig {
  public:
    FoldRig() : CheckerRig(Mode::Memberd) {
        for (const Ghost& ghost : ghosts.all()) {
            checker.began(ghost);
        }
    }

    FoldChecker checker;
};

// The engine is told of nothing, so it goes on showing m1 alive.
TEST(CheckerFold, ReportsAChangeThatTheViewDoesNotShow) {
    FoldRig rig;
    rig.show(1, rig.claim(1, MemberState::Dead));
    rig.out.changes.back().previous = MemberState::Alive;

    rig.judge(rig.checker);

    EXPECT_TRUE(rig.has_reported("I8")) << rig.reported();
    EXPECT_TRUE(rig.has_reported("I15")) << rig.reported();  // The dead are not on the ring.
}

TEST(CheckerFold, ReportsAChangeThatNamesAnotherStateBefore) {
    FoldRig rig;
    rig.show(1, rig.claim(1, MemberState::Alive));
    rig.out.changes.back().previous = MemberState::Dead;

    rig.judge(rig.checker);

    EXPECT_TRUE(rig.has_reported("I8")) << rig.reported();
    EXPECT_FALSE(rig.has_reported("I15")) << rig.reported();
}

TEST(CheckerFold, AcceptsAnUpdateOfWhatIsShown) {
    FoldRig rig;
    rig.show(1, rig.claim(1), ChangeKind::Updated);
    rig.judge(rig.checker);
    EXPECT_EQ(rig.reported(), "");
}

class RingRig : public CheckerRig {
  public:
    RingRig() : CheckerRig(Mode::Memberd) {}

    struct NoChecker {
        Ring before;
        Ring after;
        RingChecker::Difference difference;

        void judge(const EngineCall& call, Violations& violations) const {
            RingChecker::judge_change(call, before, after, difference, violations);
        }
    };

    static Ring ring_of(std::initializer_list<const char*> names) {
        std::vector<RingMember> members;
        for (const char* name : names) {
            members.push_back({name, "192.0.2.1:1", 1000, ""});
        }
        return Ring::build(members);
    }
};

TEST(CheckerRing, AcceptsThatAKeyOfWhoeverGoesMoves) {
    RingRig rig;
    RingRig::NoChecker change{
        RingRig::ring_of({"a", "b", "c", "d"}), RingRig::ring_of({"a", "b", "d"}), {}};
    change.difference.went = {*change.before.find("c")};
    rig.judge(change);
    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerRing, ReportsAKeyThatMovesBetweenTwoWhoStay) {
    RingRig rig;
    // It is said that b came; really c went too.
    RingRig::NoChecker change{
        RingRig::ring_of({"a", "c", "d"}), RingRig::ring_of({"a", "b", "d"}), {}};
    change.difference.came = {*change.after.find("b")};
    rig.judge(change);
    EXPECT_TRUE(rig.has_reported("I16")) << rig.reported();
}

class ProbeRig : public CheckerRig {
  public:
    explicit ProbeRig(Mode mode) : CheckerRig(mode, patient()), checker(config) {
        for (std::size_t i = 0; i < engines.size(); ++i) {
            checker.began();
        }
    }

    // Nobody dies of the silence around m0's engine, and it never finds itself alone.
    static Timing patient() {
        Timing timing = timing_of(TimingProfile::Lan);
        timing.baseline.alpha = 1000;
        timing.self_doubt.doubt_max = 10min;
        return timing;
    }

    void judge_probe(bool is_calm) {
        struct Calm {
            ProbeChecker& checker;
            bool is_calm;

            void judge(const EngineCall& call, Violations& violations) {
                checker.judge(call, is_calm, violations);
            }
        } calm{checker, is_calm};

        judge(calm);
    }

    // m0's timers fire in time, though nobody hears what it says.
    void run_for(Duration length) {
        const Instant end = now + length;
        while (engines[0]->next_deadline() <= end) {
            now = std::max(now, engines[0]->next_deadline());
            Output ignored;
            engines[0]->advance(now, ignored);
            judge_probe(false);
        }
        now = end;
    }

    // m1 tells m0's engine of its death, on the word of m1 and m2.
    void be_removed() {
        std::vector<std::uint8_t> bytes;
        Claim death = claim(0);
        death.state = MemberState::Dead;
        Envelope sender = envelope(1);
        sender.cluster = static_cast<std::uint32_t>(name_key(config.cluster));
        Encoder encoder(bytes);
        encoder.gossip(sender, 1);
        encoder.update(update(0, death, {1, 2}));
        Output ignored;
        engines[0]->receive(now, 77, bytes, ignored);
    }

    void ping(std::size_t to, bool is_calm = false) {
        say(to, [&](Encoder& encoder) { encoder.ping(envelope(0), {++sequence_, false}, 0); });
        judge_probe(is_calm);
    }

    ProbeChecker checker;

  private:
    std::uint32_t sequence_ = 0;
};

// m0's own engine counts its rounds, so it runs for real; what it sends is made up.
TEST(CheckerProbes, ReportsAMemberThatIsLeftOutOfTheRounds) {
    ProbeRig rig(Mode::Swim);
    for (int round = 0; round < 40; ++round) {
        rig.now += 1s;
        Output ignored;
        rig.engines[0]->advance(rig.now, ignored);
        rig.ping(1 + static_cast<std::size_t>(round) % 4);  // Never m5.
    }
    EXPECT_TRUE(rig.has_reported("I13")) << rig.reported();
}

TEST(CheckerProbes, AcceptsRoundsThatReachEverybody) {
    ProbeRig rig(Mode::Swim);
    for (int round = 0; round < 40; ++round) {
        rig.now += 1s;
        Output ignored;
        rig.engines[0]->advance(rig.now, ignored);
        rig.ping(1 + static_cast<std::size_t>(round) % 5);
    }
    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerProbes, ReportsASubjectThatItsObserverForgets) {
    ProbeRig rig(Mode::Memberd);  // Six members: everybody observes everybody.
    for (int second = 0; second < 10; ++second) {
        rig.run_for(1s);
        rig.ping(1 + static_cast<std::size_t>(second) % 4);
    }
    EXPECT_EQ(rig.reported(), "");
    rig.run_for(1500ms);
    EXPECT_TRUE(rig.has_reported("I13")) << rig.reported();
}

// Removed twice, it stays away: nobody heeds what it observes.
TEST(CheckerProbes, GrantWhoStaysAwayFourTimesAsLong) {
    ProbeRig rig(Mode::Memberd);
    rig.now += 30s;  // The others have lived for long.
    rig.judge_probe(false);
    rig.be_removed();
    rig.be_removed();
    ASSERT_GT(rig.engines[0]->status(rig.now).held_for, 0s);
    rig.run_for(25s);
    EXPECT_EQ(rig.reported(), "");
    rig.run_for(25s);
    EXPECT_TRUE(rig.has_reported("I13")) << rig.reported();
}

TEST(CheckerProbes, DoNotBlameAnObserverWhoseTimersHadToWait) {
    ProbeRig rig(Mode::Memberd);
    rig.run_for(1s);
    rig.now += 30s;
    rig.judge_probe(false);
    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerProbes, ReportsAMemberThatNobodyPingsForTwoPeriods) {
    ProbeRig rig(Mode::Memberd);
    rig.ping(1, true);
    rig.now += 2s;
    rig.ping(1, true);
    EXPECT_EQ(rig.reported(), "");
    rig.now += 2100ms;
    rig.ping(1, true);
    EXPECT_TRUE(rig.has_reported("I13")) << rig.reported();
}

}  // namespace
}  // namespace memberd::sim
