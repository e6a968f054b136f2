// I1 to I4 and I7: every breach is seen, and what looks like one is none.
#include <gtest/gtest.h>

#include "chaos/sim/identity_checker.hpp"
#include "tests/sim/support/checker_rig.hpp"

namespace memberd::sim {
namespace {

using namespace std::chrono_literals;

class IdentityRig : public CheckerRig {
  public:
    explicit IdentityRig(Mode mode = Mode::Memberd) : CheckerRig(mode), checker(config, ghosts) {
        for (const Ghost& ghost : ghosts.all()) {
            checker.began(ghost);
        }
    }

    void shows(std::size_t member, const Claim& shown, ChangeKind kind = ChangeKind::State) {
        show(member, shown, kind);
        judge(checker);
    }

    void hears(std::size_t member, const Claim& about) {
        hear([&](Encoder& encoder) {
            encoder.gossip(envelope(1), 1);
            encoder.update(update(member, about));
        });
        judge(checker);
    }

    IdentityChecker checker;
};

TEST(CheckerIdentity, ReportsAMemberShownWithNumbersThatItNeverIssued) {
    IdentityRig rig;
    Claim more = rig.claim(1);
    ++more.incarnation;

    rig.shows(1, rig.claim(1));
    EXPECT_EQ(rig.reported(), "");
    rig.shows(1, more, ChangeKind::Updated);

    EXPECT_TRUE(rig.has_reported("I1")) << rig.reported();
}

TEST(CheckerIdentity, ReportsAnInstanceThatNeverWas) {
    IdentityRig rig;
    Claim other = rig.claim(1);
    other.instance = 77;

    rig.shows(1, other);

    EXPECT_TRUE(rig.has_reported("I1")) << rig.reported();
}

TEST(CheckerIdentity, ReportsAMessageThatSaysMoreOfAMemberThanItHasIssued) {
    IdentityRig rig;
    Claim more = rig.claim(2, MemberState::Dead);
    ++more.incarnation;

    rig.say(1, [&](Encoder& encoder) {
        encoder.gossip(rig.envelope(0), 1);
        encoder.update(rig.update(2, more));
    });
    rig.judge(rig.checker);

    EXPECT_TRUE(rig.has_reported("I1")) << rig.reported();
}

TEST(CheckerIdentity, ReportsAMemberThatSpeaksAsAnother) {
    IdentityRig rig;

    rig.say(1, [&](Encoder& encoder) { encoder.ping(rig.envelope(2), {1, false}, 0); });
    rig.judge(rig.checker);

    EXPECT_TRUE(rig.has_reported("I1")) << rig.reported();
}

TEST(CheckerIdentity, AcceptsForgedNumbersWhereSomebodyForges) {
    IdentityRig rig;
    Claim more = rig.claim(1);
    more.incarnation += 9;
    rig.checker.allow_forgeries();

    rig.shows(1, more);

    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerIdentity, ReportsARecordThatGoesBack) {
    IdentityRig rig;
    const Claim before = rig.claim(1);
    rig.raise(1);

    rig.shows(1, rig.claim(1));
    EXPECT_EQ(rig.reported(), "");
    rig.shows(1, before, ChangeKind::Updated);

    EXPECT_TRUE(rig.has_reported("I2")) << rig.reported();
}

TEST(CheckerIdentity, ReportsASuspicionThatIsAClaimAndGoesWithoutARefutation) {
    IdentityRig rig(Mode::Swim);
    rig.shows(1, rig.claim(1, MemberState::Suspect));
    EXPECT_EQ(rig.reported(), "");

    rig.shows(1, rig.claim(1, MemberState::Alive));

    EXPECT_TRUE(rig.has_reported("I2")) << rig.reported();
}

TEST(CheckerIdentity, AcceptsASuspicionThatIsEvidenceAndEnds) {
    IdentityRig rig(Mode::Memberd);

    rig.shows(1, rig.claim(1, MemberState::Suspect));
    rig.shows(1, rig.claim(1, MemberState::Alive));

    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerIdentity, ReportsTwoRunsOfOneGenerationThatAreMerged) {
    IdentityRig rig;
    Claim other = rig.claim(1);
    other.instance = rig.claim(2).instance;

    rig.shows(1, rig.claim(1));
    rig.shows(1, other, ChangeKind::Updated);

    EXPECT_TRUE(rig.has_reported("I2")) << rig.reported();
}

TEST(CheckerIdentity, ReportsTheDeadThatReturnWithTheirOldNumbers) {
    IdentityRig rig;
    rig.shows(1, rig.claim(1, MemberState::Dead));
    rig.shows(1, rig.claim(1, MemberState::Alive));

    EXPECT_TRUE(rig.has_reported("I3")) << rig.reported();
}

TEST(CheckerIdentity, AcceptsTheDeadThatReturnWithGreaterNumbers) {
    IdentityRig rig;
    rig.shows(1, rig.claim(1, MemberState::Dead));
    rig.raise(1);
    rig.shows(1, rig.claim(1, MemberState::Alive));

    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerIdentity, ReportsTheForgottenThatReturnWithinTheWindow) {
    IdentityRig rig;
    rig.shows(1, rig.claim(1, MemberState::Dead));
    rig.shows(1, rig.claim(1, MemberState::Dead), ChangeKind::Forgotten);
    rig.now += rig.config.timing.membership.dead_window - 1s;

    rig.shows(1, rig.claim(1, MemberState::Alive));

    EXPECT_TRUE(rig.has_reported("I3")) << rig.reported();
}

TEST(CheckerIdentity, AcceptsTheForgottenThatReturnAfterTheWindow) {
    IdentityRig rig;
    rig.shows(1, rig.claim(1, MemberState::Dead));
    rig.shows(1, rig.claim(1, MemberState::Dead), ChangeKind::Forgotten);
    rig.now += rig.config.timing.membership.dead_window + 1s;

    rig.shows(1, rig.claim(1, MemberState::Alive));

    EXPECT_EQ(rig.reported(), "");
}

// The engine is told of nothing, so it refutes nothing.
TEST(CheckerIdentity, ReportsAnAccusationThatTheAccusedDoesNotRefute) {
    IdentityRig rig;

    rig.hears(0, rig.claim(0, MemberState::Dead));

    EXPECT_TRUE(rig.has_reported("I4")) << rig.reported();
}

TEST(CheckerIdentity, ReportsGreaterNumbersOfOnesOwnThatAreNotOutdone) {
    IdentityRig rig;
    Claim more = rig.claim(0);
    more.incarnation += 3;

    rig.hears(0, more);

    EXPECT_TRUE(rig.has_reported("I4")) << rig.reported();
}

TEST(CheckerIdentity, AcceptsAnOldAccusationAndASuspicionThatIsNoClaim) {
    IdentityRig rig;
    const Claim old = rig.claim(0, MemberState::Dead);
    rig.raise(0);

    rig.hears(0, old);
    rig.hears(0, rig.claim(0, MemberState::Suspect));

    EXPECT_EQ(rig.reported(), "");
}

TEST(CheckerIdentity, ReportsAnIncarnationThatJumps) {
    IdentityRig rig;
    Claim far = rig.claim(1);
    far.incarnation += kIncarnationJumpMax;
    rig.checker.allow_forgeries();

    rig.shows(1, rig.claim(1));
    rig.shows(1, far, ChangeKind::Updated);
    EXPECT_EQ(rig.reported(), "");
    far.incarnation += kIncarnationJumpMax + 1;
    rig.shows(1, far, ChangeKind::Updated);

    EXPECT_TRUE(rig.has_reported("I7")) << rig.reported();
}

TEST(CheckerIdentity, ReportsOnesOwnNumbersThatFall) {
    IdentityRig rig;
    const auto fresh = std::move(rig.engines[1]);
    rig.raise(0);
    rig.judge(rig.checker);
    EXPECT_EQ(rig.reported(), "");

    // m1's engine has not raised anything.
    rig.checker.judge(EngineCall{rig.now,
                                 rig.now,
                                 rig.ghosts.running(0),
                                 *fresh,
                                 rig.out,
                                 nullptr,
                                 {},
                                 rig.pool,
                                 rig.network(),
                                 0},
                      rig.violations);

    EXPECT_TRUE(rig.has_reported("I7")) << rig.reported();
}

}  // namespace
}  // namespace memberd::sim
