// I5 and I6: a death without its evidence is seen, one with it is not.
#include <gtest/gtest.h>

#include "chaos/sim/evidence_checker.hpp"
#include "chaos/sim/suspicion_checker.hpp"
#include "tests/sim/support/checker_rig.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAccused = 5;

class EvidenceRig : public CheckerRig {
  public:
    EvidenceRig() : CheckerRig(Mode::Memberd), checker(config.timing) {
        for (std::size_t i = 0; i < engines.size(); ++i) {
            checker.began();
        }
    }

    void ping(std::size_t to, std::uint32_t sequence) {
        say(to, [&](Encoder& encoder) { encoder.ping(envelope(0), {sequence, false}, 0); });
        judge(checker);
    }

    void hears_ack(std::size_t from, std::uint32_t sequence) {
        hear([&](Encoder& encoder) { encoder.ack(envelope(from), {sequence, 0}, 0); });
        judge(checker);
    }

    void hears_suspicion(std::size_t from) {
        hear([&](Encoder& encoder) {
            const Claim claim_of_accused = claim(kAccused);
            const std::string accused = name(kAccused);
            encoder.suspicion(envelope(from), 1, 0);
            encoder.suspicion_entry({accused, claim_of_accused.instance, 1, 0, 1900, 0});
        });
        judge(checker);
    }

    // m1 answers, so that m0 has no reason to doubt itself.
    void asks_and_hears() {
        ping(1, 900 + ++asked_);
        now += 1ms;
        hears_ack(1, 900 + asked_);
    }

    // An unanswered ping that old, and the word of those others.
    void gather(Duration silence, std::initializer_list<std::size_t> accusers) {
        ping(kAccused, 1);
        now += silence / 2;
        asks_and_hears();
        now += silence - silence / 2 - 1ms;
        for (const std::size_t accuser : accusers) {
            hears_suspicion(accuser);
        }
        // Three round trips: so many members could agree.
        for (std::size_t member = 1; member <= 3; ++member) {
            ping(member, 10 + static_cast<std::uint32_t>(member));
            now += 1ms;
            hears_ack(member, 10 + static_cast<std::uint32_t>(member));
        }
    }

    // So many unanswered pings, though others prove its life; another one comes with gather().
    void misses(int count, Duration apart) {
        for (int i = 0; i < count; ++i) {
            ping(kAccused, 500 + static_cast<std::uint32_t>(i));
            asks_and_hears();
            now += apart - 1ms;
            hear([&](Encoder& encoder) {
                encoder.alive(envelope(1), {"m5", claim(kAccused).instance, 0, 1}, 0);
            });
            judge(checker);
        }
    }

    void declares() {
        show(kAccused, claim(kAccused, MemberState::Dead));
        judge(checker, 1);
    }

    void believes(std::initializer_list<std::size_t> accusers) {
        hear([&](Encoder& encoder) {
            encoder.gossip(envelope(1), 1);
            encoder.update(update(kAccused, claim(kAccused, MemberState::Dead), accusers));
        });
        show(kAccused, claim(kAccused, MemberState::Dead));
        judge(checker);
    }

    void hears_of_death_by_sync() {
        hear([&](Encoder& encoder) {
            encoder.sync(envelope(1), 0, {}, 1);
            encoder.update(update(kAccused, claim(kAccused, MemberState::Dead), {1, 2}));
        });
        judge(checker);
    }

    EvidenceChecker checker;

  private:
    std::uint32_t asked_ = 0;
};

TEST(CheckerEvidence, AcceptsADeathWithDepthAndBreadth) {
    EvidenceRig rig;
    rig.gather(2800ms, {1, 2, 3});
    rig.declares();
    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerEvidence, ReportsADeathBeforeItsDepth) {
    EvidenceRig rig;
    rig.gather(2790ms, {1, 2, 3});
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, AcceptsADeathAfterNineMissesThoughItsLifeIsProven) {
    EvidenceRig rig;
    rig.misses(8, 500ms);
    rig.gather(100ms, {1, 2, 3});
    rig.declares();
    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerEvidence, ReportsADeathAfterEightMisses) {
    EvidenceRig rig;
    rig.misses(7, 500ms);
    rig.gather(100ms, {1, 2, 3});
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathAfterMissesInOneMoment) {
    EvidenceRig rig;
    rig.misses(20, 100ms);
    rig.gather(100ms, {1, 2, 3});
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathAfterAnAnswer) {
    EvidenceRig rig;
    rig.ping(kAccused, 2);
    rig.now += 1500ms;
    rig.hears_ack(kAccused, 2);
    rig.gather(1600ms, {1, 2, 3});
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathAfterAProofOfLife) {
    EvidenceRig rig;
    rig.gather(3s, {1, 2, 3});
    rig.hear([&](Encoder& encoder) {
        encoder.alive(rig.envelope(1), {"m5", rig.claim(kAccused).instance, 0, 100}, 0);
    });
    rig.judge(rig.checker);
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathWithTooFewAccusers) {
    EvidenceRig rig;
    rig.gather(3s, {1, 2});
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, CountsAnAccuserOnce) {
    EvidenceRig rig;
    rig.gather(3s, {1, 2, 2});
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathWhoseAccusersHaveFallenSilent) {
    EvidenceRig rig;
    rig.gather(3s, {1, 2, 3});
    rig.now += 1300ms;
    rig.asks_and_hears();
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathThatRestsOnWhatWasAskedBeforeThePause) {
    EvidenceRig rig;
    rig.gather(3s, {1, 2, 3});
    rig.checker.stood_still(rig.ghosts.running(0), rig.now, 3s);
    rig.declares();
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathDeclaredInDoubt) {
    EvidenceRig rig;
    rig.ping(kAccused, 1);
    rig.now += 3100ms;
    for (const std::size_t accuser : {1U, 2U, 3U}) {
        rig.hears_suspicion(accuser);
    }
    rig.declares();  // Nobody has answered it since.
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerEvidence, AcceptsTheWordOfWhoeverIsLeftAlone) {
    EvidenceRig rig;
    rig.ping(kAccused, 1);
    rig.now += 12600ms;
    rig.declares();
    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerEvidence, ReportsADeathThatIsBelievedOnOneWord) {
    EvidenceRig rig;
    rig.believes({1, 2});
    EXPECT_EQ(rig.reported(), "");
    rig.believes({1});
    EXPECT_TRUE(rig.has_reported("I6")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathWhoseAccuserIsTheAccused) {
    EvidenceRig rig;
    rig.believes({1, kAccused});
    EXPECT_TRUE(rig.has_reported("I6")) << rig.reported();
}

TEST(CheckerEvidence, ReportsADeathFromATableThatIsBelievedAtOnce) {
    EvidenceRig rig;
    rig.hears_of_death_by_sync();
    rig.now += 1400ms;
    rig.show(kAccused, rig.claim(kAccused, MemberState::Dead));
    rig.judge(rig.checker);
    EXPECT_TRUE(rig.has_reported("I6")) << rig.reported();
}

TEST(CheckerEvidence, AcceptsADeathFromATableThatWasNotRefuted) {
    EvidenceRig rig;
    rig.hears_of_death_by_sync();
    rig.now += 1500ms;
    rig.show(kAccused, rig.claim(kAccused, MemberState::Dead));
    rig.judge(rig.checker);
    EXPECT_EQ(rig.reported(), "");
}

// --- Modes swim and lifeguard ---

class SuspicionRig : public CheckerRig {
  public:
    SuspicionRig() : CheckerRig(Mode::Swim), checker(config.timing.baseline) {
        for (std::size_t i = 0; i < engines.size(); ++i) {
            checker.began();
        }
        show(1, claim(1, MemberState::Suspect));
        judge(checker);
    }

    void declares_after(Duration wait) {
        now += wait;
        show(1, claim(1, MemberState::Dead));
        judge(checker, 1);
    }

    SuspicionChecker checker;
};

TEST(CheckerSuspicion, AcceptsADeathAfterMin) {
    SuspicionRig rig;
    rig.declares_after(4s);
    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerSuspicion, ReportsADeathBeforeMin) {
    SuspicionRig rig;
    rig.declares_after(3990ms);
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerSuspicion, DoesNotCountTheTimeForWhichTheAccuserStoodStill) {
    SuspicionRig rig;
    rig.checker.stood_still(rig.ghosts.running(0), 1s);
    rig.declares_after(4500ms);
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerSuspicion, ReportsADeathOfOtherNumbersThanTheSuspicions) {
    SuspicionRig rig;
    rig.raise(1);
    rig.declares_after(10s);
    EXPECT_TRUE(rig.has_reported("I5")) << rig.reported();
}

TEST(CheckerSuspicion, ReportsADeathTakenFromATable) {
    SuspicionRig rig;
    const auto write = [&](Encoder& encoder) {
        encoder.update(rig.update(1, rig.claim(1, MemberState::Dead)));
    };
    rig.hear([&](Encoder& encoder) {
        encoder.gossip(rig.envelope(2), 1);
        write(encoder);
    });
    rig.show(1, rig.claim(1, MemberState::Dead));
    rig.judge(rig.checker);
    EXPECT_EQ(rig.reported(), "");

    rig.hear([&](Encoder& encoder) {
        encoder.sync(rig.envelope(2), 0, {}, 1);
        write(encoder);
    });
    rig.show(1, rig.claim(1, MemberState::Dead));
    rig.judge(rig.checker);
    EXPECT_TRUE(rig.has_reported("I6")) << rig.reported();
}

}  // namespace
}  // namespace memberd::sim
